"""`http_json`: what a service says of itself."""

from __future__ import annotations

import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from chaoskit.core.errors import UsageError
from chaoskit.core.probe import ProbeHost, Reader, probe
from chaoskit.core.step import Json
from chaoskit.probes.http_exchange import Server


@probe
def http_json(host: ProbeHost, path: str, port: int = 80, *, url: str | None = None) -> Reader:
    """The JSON object that a host's own HTTP server gives out: counters, queue lengths, state.

    Each reading is a connection of its own to the loopback address in the host's network, or to the server of `url`.
    An answer other than 200, one that is no JSON object or one that is not there in time is the reading's error.

    Args:
        host: where the server is, or from where it is asked.
        path: what to ask for, such as `/counters`.
        port: where it listens.
        url: of another server, with the path it is served under, if any: `https://checkout.example.com`. What it is
            for is a probe that is read `.from_here(...)`.

    Raises:
        UsageError: the path does not begin with a slash, or the URL is none.
    """
    if not path.startswith("/"):
        raise UsageError(f"{path!r} is no path", remedy=f"Write '/{path}'.")
    server, target = (Server("127.0.0.1", port), path) if url is None else _elsewhere(url, path)

    def read() -> Mapping[str, Json]:
        answer = server.ask("GET", target, time.monotonic() + host.timeout)
        if answer.status != 200:
            raise OSError(f"status {answer.status}")
        return answer.object()

    return read


def _elsewhere(url: str, path: str) -> tuple[Server, str]:
    """The server of a URL, and the path to ask it for."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{url!r} is no URL", remedy="Write http://ADDRESS:8080 or https://NAME.")
    tls = parts.scheme == "https"
    return Server(parts.hostname, parts.port or (443 if tls else 80), tls), f"{parts.path.rstrip('/')}{path}"
