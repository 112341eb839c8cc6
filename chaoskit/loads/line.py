"""One socket of a stream that dials, and the call that is on it, if any."""

from __future__ import annotations

from _socket import socket
from abc import ABC, abstractmethod
from select import EPOLLERR, EPOLLHUP, EPOLLRDHUP
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chaoskit.loads.call import Call
    from chaoskit.loads.loop import Loop

OVER = EPOLLHUP | EPOLLERR
END = EPOLLRDHUP | OVER


class Line(ABC):
    """See the module.

    Attributes:
        born: when it began to connect, ns of CLOCK_MONOTONIC.
        call: the one it serves now.
        fd: its descriptor.
        server: code of the label of its peer's address.
    """

    __slots__ = ("_loop", "born", "call", "fd", "server", "socket")

    def __init__(self, loop: Loop, made: socket, server: int, born: int) -> None:
        self.born = born
        self.call: Call | None = None
        self.fd = made.fileno()
        self.server = server
        self.socket = made
        self._loop = loop

    @abstractmethod
    def open(self) -> None:
        """Go on at once if the socket is connected already, as it is where the network is a function call."""

    @abstractmethod
    def handle(self, events: int) -> None:
        """Take note of what epoll saw, edge-triggered."""

    def close(self) -> None:
        """End it."""
        self._loop.forget(self.fd)
        self.socket.close()
