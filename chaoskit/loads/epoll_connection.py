"""A connection by epoll (epoll(7)): registered once, edge-triggered, and so it reads until there is nothing left."""

from __future__ import annotations

import errno
from _socket import SO_ERROR, SOCK_NONBLOCK, SOL_SOCKET
from select import EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP
from time import monotonic_ns
from typing import TYPE_CHECKING

from chaoskit.loads.call import Call
from chaoskit.loads.connection import Connection

if TYPE_CHECKING:
    from _socket import socket

    from chaoskit.loads.flow import Flow

TAKE = 16384
"""Bytes that are read at once."""
_OVER = EPOLLHUP | EPOLLERR
_END = EPOLLRDHUP | _OVER


class EpollConnection(Connection):
    """See the module."""

    KIND = SOCK_NONBLOCK

    __slots__ = ("_recv", "_send", "_socket")

    def __init__(self, flow: Flow, made: socket, server: int, call: Call) -> None:
        super().__init__(flow, made, server, call)
        self._socket = made
        self._send = made.send
        self._recv = made.recv

    def open(self, address: str, port: int) -> int:
        """As described there; the handshake is over already where the network is a function call."""
        code = self._socket.connect_ex((address, port))
        if code not in (0, errno.EINPROGRESS):
            self._socket.close()
            return code
        self.flow.loop.watch(self.fd, self.handle)
        self._unsent = self.flow.request
        self._go_on(monotonic_ns())
        return 0

    def begin(self, call: Call) -> int:
        """Send a request on an idle connection; returns the time after it."""
        self.call = call
        call.connection = self
        request = self.flow.request
        try:
            count = self._send(request)
        except BlockingIOError:
            count = 0
        except OSError as error:
            now = monotonic_ns()
            self.error(error.errno, now)
            return now
        call.sent = now = monotonic_ns()
        if count != len(request):
            self._unsent = request[count:]
        return now

    def handle(self, events: int) -> None:
        """Take note of what epoll saw."""
        if not events & EPOLLIN or self._unsent or self._answer is not None:
            self._note(events)
            return
        try:
            data = self._recv(TAKE)
        except BlockingIOError:
            return
        except OSError as error:
            self.error(error.errno, monotonic_ns())
            return
        if self.take(data, monotonic_ns(), events & _END):
            self._read(events)

    def close(self) -> None:
        """End the connection; nothing is heard of it any more."""
        self.flow.loop.forget(self.fd)
        self._socket.close()

    def _note(self, events: int) -> None:
        call = self.call
        if call is None:
            if events & (EPOLLIN | _END):
                self.flow.lost(self)
            return
        if self._unsent and events & (EPOLLOUT | _OVER):
            self._go_on(monotonic_ns())
        if events & (EPOLLIN | _END) and self.call is call and not self._connecting:
            self._read(events)

    def _go_on(self, now: int) -> None:
        """Finish connecting, and send what is left of the request."""
        call = self.call
        assert call is not None
        if self._connecting:
            code = self._socket.getsockopt(SOL_SOCKET, SO_ERROR)
            if code:
                self.error(code, now)
                return
        try:
            count = self._send(self._unsent)
        except BlockingIOError:
            return
        except OSError as error:
            self.error(error.errno, now)
            return
        if self._connecting:
            self._joined(call, now)
        call.sent = monotonic_ns()
        self._unsent = self._unsent[count:]

    def _read(self, events: int) -> None:
        """Read until the request is over or there is nothing left."""
        more = True
        while more:
            try:
                data = self._recv(TAKE)
            except BlockingIOError:
                return
            except OSError as error:
                self.error(error.errno, monotonic_ns())
                return
            more = self.feed(data, monotonic_ns(), events & _END)
