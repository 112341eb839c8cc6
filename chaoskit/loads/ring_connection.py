"""A connection by io_uring: it queues what it wants, and is told what came of it.

    open:   connect -- completed --> receive (again and again), send
    begin:  send                                   completed: bytes, the end, an error
    close:  cancel, close

Receiving goes on as long as the connection lives, so the usual request is one entry of the queue and one completion.
A request that is sent completes visibly only if it fails, or is so large that its answer could come before its end.

The socket blocks: io_uring takes O_NONBLOCK for a wish to be told so instead of for being served later.
"""

from __future__ import annotations

import errno
import struct
from _socket import AF_INET, AF_INET6, htons, inet_pton
from time import monotonic_ns
from typing import TYPE_CHECKING

from chaoskit.kernel import uring_abi as abi
from chaoskit.kernel.uring_buffers import GROUP, SIZE
from chaoskit.loads.call import Call
from chaoskit.loads.connection import Connection
from chaoskit.loads.ring_loop import RingLoop

if TYPE_CHECKING:
    from _socket import socket

    from chaoskit.loads.flow import Flow

_SMALL = 16384
"""Bytes of a request that a socket takes at once (its send buffer has 16 KiB before it grows: tcp(7))."""


class RingConnection(Connection):
    """See the module."""

    KIND = 0

    __slots__ = ("_loop", "_memory", "_number", "_pinned", "_queue", "_receive", "_request", "_send")

    def __init__(self, flow: Flow, made: socket, server: int, call: Call) -> None:
        super().__init__(flow, made, server, call)
        made.detach()  # the ring closes it
        loop = flow.loop
        assert isinstance(loop, RingLoop)
        self._loop = loop
        self._queue = loop.queue
        self._memory = loop.memory
        self._number = loop.operate(self.completed)
        self._receive = abi.receive(self.fd, GROUP, self._number)
        self._request = b""
        self._pinned = (b"", 0)
        self._send = b""

    def open(self, address: str, port: int) -> int:
        """Connect; what comes of it is told later."""
        self._pinned = peer = self._loop.pin(_socket_address(address, port))
        self._queue.append(abi.connect(self.fd, peer[1], len(peer[0]), self._number))
        return 0

    def begin(self, call: Call) -> int:
        """Send a request on an idle connection; returns the time after it."""
        self.call = call
        call.connection = self
        request = self.flow.request
        if request is not self._request:
            self._prepare(request)
        self._queue.append(self._send)
        if len(request) > _SMALL:
            self._unsent = request
        call.sent = now = monotonic_ns()
        return now

    def completed(self, result: int, flags: int) -> None:
        """Take note of what came of an operation: almost always, bytes were received."""
        if result <= 0 or not flags & abi.CQE_BUFFER:
            self._note(result)
            return
        start = (flags >> abi.CQE_BUFFER_SHIFT) * SIZE
        data = self._memory[start : start + result]
        if not flags & abi.CQE_MORE:
            self._queue.append(self._receive)
        if self._answer is not None or self._unsent:
            self.feed(data, self._loop.woken, flags & abi.CQE_NONEMPTY)
        else:
            self.take(data, self._loop.woken, flags & abi.CQE_NONEMPTY)

    def close(self) -> None:
        """End the connection; nothing is heard of it any more."""
        self._loop.leave(self._number, self.fd, self._pinned)

    def _prepare(self, request: bytes) -> None:
        """Make the entry that sends a request."""
        self._request = request
        self._pinned = pinned = self._loop.pin(request)
        silent = len(request) <= _SMALL
        self._send = abi.send(self.fd, pinned[1], len(request), self._number, silent=silent)

    def _note(self, result: int) -> None:
        """Something else than bytes: connected, a large request is sent, there was no buffer, the end, an error."""
        if result == -errno.ENOBUFS:
            self._queue.append(self._receive)
        elif result < 0:
            self.error(-result, monotonic_ns())
        elif self._connecting:
            self._connected(monotonic_ns())
        elif result:
            self._unsent = self._unsent[result:]
        else:
            self.feed(b"", monotonic_ns(), 1)

    def _connected(self, now: int) -> None:
        call = self.call
        assert call is not None
        self._joined(call, now)
        self._queue.append(self._receive)
        self.flow.prepare(call)
        self.begin(call)


def _socket_address(address: str, port: int) -> bytes:
    """A struct sockaddr_in (ip(7)) or sockaddr_in6 (ipv6(7))."""
    if ":" in address:
        return struct.pack("=HHI16sI", AF_INET6, htons(port), 0, inet_pton(AF_INET6, address), 0)
    return struct.pack("=HH4s8x", AF_INET, htons(port), inet_pton(AF_INET, address))
