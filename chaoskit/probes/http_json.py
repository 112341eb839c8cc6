"""`http_json`: what a service says of itself."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping

from chaoskit.core.errors import UsageError
from chaoskit.core.probe import ProbeHost, Reader, probe
from chaoskit.core.step import Json

_LONGEST = 1 << 20
"""Bytes of an answer that are read."""


@probe
def http_json(host: ProbeHost, path: str, port: int = 80) -> Reader:
    """The JSON object that a host's own HTTP server gives out: counters, queue lengths, state.

    Each reading is a connection of its own to the loopback address in the host's network. An answer other than 200,
    one that is no JSON object or one that is not there in time is the reading's error.

    Args:
        host: where the server is.
        path: what to ask for, such as `/counters`.
        port: where it listens.

    Raises:
        UsageError: the path does not begin with a slash.
    """
    if not path.startswith("/"):
        raise UsageError(f"{path!r} is no path", remedy=f"Write '/{path}'.")

    def read() -> Mapping[str, Json]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=host.timeout)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return _object(response.status, response.read(_LONGEST))
        except http.client.HTTPException as error:
            raise OSError(f"no HTTP from port {port}: {type(error).__name__} {error}") from error
        finally:
            connection.close()

    return read


def _object(status: int, body: bytes) -> Mapping[str, Json]:
    if status != 200:
        raise OSError(f"status {status}")
    try:
        value = json.loads(body)
    except ValueError as error:
        raise OSError(f"no JSON: {body[:80]!r}") from error
    if not isinstance(value, dict):
        raise OSError(f"no JSON object: {body[:80]!r}")
    return value
