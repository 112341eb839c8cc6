"""A question to a name server and its answer on one socket: by datagram, or over TCP."""

from __future__ import annotations

import errno
from _socket import SO_ERROR, SOL_SOCKET, socket
from abc import abstractmethod
from select import EPOLLIN, EPOLLOUT
from typing import TYPE_CHECKING

from chaoskit.core.load import Outcome
from chaoskit.loads import dns
from chaoskit.loads.call import CODE, SENT
from chaoskit.loads.connection import outcome_of
from chaoskit.loads.line import END, OVER, Line

if TYPE_CHECKING:
    from chaoskit.loads.queries import Queries

_LONGEST = 65_535
"""Bytes of a message (RFC 1035 section 4.2.2), and of a datagram."""
_READS = 16
"""Datagrams from one socket before others have their turn: a server that floods holds up nobody else."""
_BAD_RESPONSE = CODE[Outcome.BAD_RESPONSE]


class Exchange(Line):
    """A socket, the question that was asked last, and what of it is still to be sent."""

    __slots__ = ("_question", "_stream", "_unsent")

    def __init__(self, stream: Queries, made: socket, server: int, born: int, question: bytes) -> None:
        super().__init__(stream.loop, made, server, born)
        self._stream = stream
        self._question = question
        self._unsent = b""

    def ask(self, question: bytes) -> None:
        """Ask on a connected socket."""
        self._question = question
        self._unsent = self._framed(question)
        self._go_on()

    def open(self) -> None:
        """Ask as soon as the socket is connected."""
        self.ask(self._question)

    def handle(self, events: int) -> None:
        """Send what is left, read what came."""
        if self.call is not None and self._unsent and events & (EPOLLOUT | OVER):
            self._go_on()
        if events & (EPOLLIN | END):
            self._receive()
        if events & END and self.call is None:
            self._stream.lost(self)

    def _framed(self, question: bytes) -> bytes:
        return question

    def _go_on(self) -> None:
        call = self.call
        assert call is not None
        try:
            count = self.socket.send(self._unsent)
        except BlockingIOError:
            return
        except OSError as error:
            self._broke(outcome_of(error.errno))
            return
        self._unsent = self._unsent[count:]
        call.sent = self._stream.now()

    def _receive(self) -> None:
        try:
            self._read()
        except BlockingIOError:
            return
        except dns.BadMessage:
            self._broke(_BAD_RESPONSE)
        except OSError as error:
            self._broke(outcome_of(error.errno))

    @abstractmethod
    def _read(self) -> None:
        """Take what there is.

        Raises:
            BlockingIOError: there is no more.
            BadMessage: it is no answer.
            OSError: the server cannot be reached, or closed the connection.
        """

    def _heard(self, message: bytes, *, whole: bool) -> bool:
        """Whether a message is the answer, which is then dealt with; others answer an earlier question, too late."""
        reply = None if self.call is None else dns.parse(message, self._question, whole=whole)
        if reply is None or self.call is None:
            return False
        self.call.first = now = self._stream.now()
        self._stream.answered(self, reply, now)
        return True

    def _broke(self, outcome: int) -> None:
        if self.call is None:
            self._stream.lost(self)
        else:
            self._stream.broke(self, outcome, self._stream.now())


class Datagrams(Exchange):
    """By UDP, on a connected socket: it gets the server's datagrams and ICMP errors, and nothing else."""

    __slots__ = ()

    def _read(self) -> None:
        for _ in range(_READS):
            if self._heard(self.socket.recv(_LONGEST), whole=False):
                return
        self._loop.at(self._stream.now() + 1, lambda _now: self._receive())  # no new event tells of what is there


class Messages(Exchange):
    """Over TCP."""

    __slots__ = ("_connecting", "_received")

    def __init__(self, stream: Queries, made: socket, server: int, born: int, question: bytes) -> None:
        super().__init__(stream, made, server, born, question)
        self._connecting = True
        self._received = bytearray()

    def _framed(self, question: bytes) -> bytes:
        self._received.clear()
        return dns.framed(question)

    def _go_on(self) -> None:
        if self._connecting:
            code = self.socket.getsockopt(SOL_SOCKET, SO_ERROR)
            if code:
                self._broke(outcome_of(code))
                return
        super()._go_on()
        call = self.call
        if self._connecting and call is not None and call.sent >= 0:
            self._connecting = False
            call.connect = call.sent - self.born
            call.phase = SENT

    def _read(self) -> None:
        if self._connecting:
            return
        while True:
            data = self.socket.recv(_LONGEST)
            if not data or self.call is None:  # what nobody asked for ends a connection as its end does
                raise ConnectionResetError(errno.ECONNRESET, "closed before the answer")
            self._received += data
            message = dns.unframed(self._received)
            if message is None:
                continue
            if not self._heard(message, whole=True):
                raise dns.BadMessage("an answer to something else")
            return
