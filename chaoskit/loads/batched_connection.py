"""Connections by epoll that go through the kernel together: all receive, all go on, all send.

    epoll_wait --> recv recv recv ... --> take take take ... --> send send send ... --> epoll_wait
                                          Python                     the next requests

What a turn does is the same as if each connection had done it by itself. But after a call of the kernel a processor
has forgotten where the interpreter's branches go: to do alike things one after the other is a tenth cheaper.
"""

from __future__ import annotations

from _socket import socket
from select import EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLRDHUP
from time import monotonic_ns
from typing import TYPE_CHECKING

from chaoskit.loads.call import Call
from chaoskit.loads.epoll_connection import TAKE, EpollConnection
from chaoskit.loads.loop import EpollLoop

if TYPE_CHECKING:
    from chaoskit.loads.flow import Flow

_END = EPOLLRDHUP | EPOLLHUP | EPOLLERR


class BatchedLoop(EpollLoop):
    """An epoll loop that knows which of its descriptors are connections.

    Attributes:
        outbox: connections whose next request is sent before the loop waits.
        readers: connections by descriptor.
    """

    def __init__(self) -> None:
        super().__init__()
        self.outbox: list[BatchedConnection] = []
        self.readers: dict[int, BatchedConnection] = {}

    def wait(self, until: int, now: int) -> None:
        """As of any loop, after sending."""
        if self.outbox:
            self._send()
        super().wait(until, now)

    def handle(self, events: list[tuple[int, int]]) -> None:
        """Receive on all connections, then see what came, then call the handlers of whatever else has news."""
        others, batch, readers = [], [], self.readers
        for event in events:
            fd, seen = event
            one = readers.get(fd)
            if one is None or not seen & EPOLLIN or not one.expects:
                others.append(event)
                continue
            try:
                batch.append((one, one.recv(TAKE), monotonic_ns(), seen & _END))
            except OSError:  # nothing there after all, or an error: dealt with as by any connection
                others.append(event)
        for one, data, now, ends in batch:
            one.received(data, now, ends)
        if others:
            super().handle(others)

    def _send(self) -> None:
        outbox, self.outbox = self.outbox, []
        for one in outbox:
            call = one.call
            if call is None:  # its time was up before it was sent
                continue
            try:
                count = one.send(one.request)
            except OSError as error:
                one.unsendable(error)
                continue
            call.sent = monotonic_ns()
            if count != len(one.request):
                one.keep(count)


class BatchedConnection(EpollConnection):
    """A connection on such a loop.

    Attributes:
        request: what is to be sent.
        send, recv: of the socket.
    """

    __slots__ = ("_mates", "recv", "request", "send")

    def __init__(self, flow: Flow, made: socket, server: int, call: Call) -> None:
        super().__init__(flow, made, server, call)
        loop = flow.loop
        assert isinstance(loop, BatchedLoop)
        self._mates = loop
        self.request = b""
        self.send, self.recv = made.send, made.recv

    def open(self, address: str, port: int) -> int:
        """Connect, and then send the first request; see there."""
        self._mates.readers[self.fd] = self
        code = super().open(address, port)
        if code:
            del self._mates.readers[self.fd]
        return code

    @property
    def expects(self) -> bool:
        """Whether bytes that come are the first ones of an answer."""
        return not self._unsent and self._answer is None

    def begin(self, call: Call) -> int:
        """Have a request sent on an idle connection before the loop waits; returns the time."""
        self.call = call
        call.connection = self
        self.request = self.flow.request
        self._mates.outbox.append(self)
        return call.taken

    def received(self, data: bytes, now: int, ends: int) -> None:
        """Bytes came; whoever had its turn before may have closed the connection."""
        if self._mates.readers.get(self.fd) is self and self.take(data, now, ends):
            self._read(ends)

    def keep(self, count: int) -> None:
        """Only so many bytes of the request could be sent."""
        self._unsent = self.request[count:]

    def unsendable(self, error: OSError) -> None:
        """Nothing of the request could be sent: there is no room just now, or the connection is broken."""
        if isinstance(error, BlockingIOError):
            self.keep(0)
        else:
            self.error(error.errno, monotonic_ns())

    def close(self) -> None:
        """End the connection; nothing is heard of it any more."""
        if self._mates.readers.get(self.fd) is self:
            del self._mates.readers[self.fd]
            super().close()
