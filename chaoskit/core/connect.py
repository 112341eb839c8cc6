"""A TCP handshake as a request."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from chaoskit.core.errors import UsageError
from chaoskit.core.units import Duration, duration

_REMEDY = "Write one such as price.example.com:443, 198.18.1.30:443 or tcp://[::1]:443."


class Close(StrEnum):
    """How a client ends a connection that it has no use for any more."""

    RST = "rst"
    """Reset: neither side keeps anything, and the local port is free at once."""
    FIN = "fin"
    """As real clients do. Who closes first keeps its port in TIME_WAIT (RFC 9293 section 3.3.2), for 60 s on Linux:
    with 28,232 ephemeral ports that is 470 connections a second from one address to one port of one server, unless
    the client host's net.ipv4.tcp_tw_reuse is 1. Beyond it requests end as `no port`."""


@dataclass(frozen=True)
class TcpRequest:
    """One TCP handshake on a connection of its own, whatever a load's `connections=` say; nothing is sent.

    It is complete for the client when the SYN is acknowledged: whether a program accepts the connection is not seen.

    Attributes:
        host: name or address.
        port: to connect to.
        close: how the connection ends.
        hold: ns that it stays open before; the server may end it earlier. Held connections count for the load's limit.
        within: ns after the intended start by which it must be established to be a success; None for the timeout.
    """

    host: str
    port: int
    close: Close = Close.RST
    hold: int = 0
    within: int | None = None
    protocol: str = "tcp"

    @property
    def op(self) -> str:
        """The system call."""
        return "connect"

    @property
    def title(self) -> str:
        """As a URL."""
        return f"tcp://[{self.host}]:{self.port}" if ":" in self.host else f"tcp://{self.host}:{self.port}"


def connect(
    target: str, *, close: Close | str = Close.RST, hold: Duration = 0, within: Duration | None = None
) -> TcpRequest:
    """Connect by TCP, and close again: what a load balancer's, a SYN queue's or a conntrack table's limits are about.

    Args:
        target: `HOST:PORT` or `tcp://HOST:PORT`.
        close: `rst` or `fin`; see `Close` for what that means for ports.
        hold: how long the connection stays open.
        within: how soon it must be established to be a success.

    Raises:
        UsageError: the target is none, or there is no such way to close.
    """
    if close not in tuple(Close):
        raise UsageError(f"a connection cannot be closed by {close!r}", remedy=f"There are: {', '.join(Close)}.")
    host, port = _place(target)
    return TcpRequest(host, port, Close(close), duration(hold), None if within is None else duration(within))


def _place(target: str) -> tuple[str, int]:
    try:
        parts = urlsplit(target if "://" in target else f"tcp://{target}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port or parts.scheme != "tcp" or parts.path.strip("/") or parts.query or parts.username:
        raise UsageError(f"{target!r} is nothing to connect to", remedy=_REMEDY)
    return host, port
