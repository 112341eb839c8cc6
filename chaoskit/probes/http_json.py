"""`http_json`: what a service says of itself."""

from __future__ import annotations

import time
from collections.abc import Mapping

from chaoskit.core.errors import UsageError
from chaoskit.core.probe import ProbeHost, Reader, probe
from chaoskit.core.step import Json
from chaoskit.probes.http_exchange import Server


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
    server = Server("127.0.0.1", port)

    def read() -> Mapping[str, Json]:
        answer = server.ask("GET", path, time.monotonic() + host.timeout)
        if answer.status != 200:
            raise OSError(f"status {answer.status}")
        return answer.object()

    return read
