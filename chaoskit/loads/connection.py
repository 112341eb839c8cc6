"""One TCP connection of a client, as HTTP sees it: the request that is on it, and what its answer's bytes mean.

How bytes come and go is a transport's business, which extends it (see `transport`):

    Flow ---- open, begin, close ----> the wire ---- take, feed, lost, error ----> what follows for the request

The usual answer - all of it in one piece, with a header block seen before - takes the short way through `take`.
"""

from __future__ import annotations

import errno
from abc import ABC, abstractmethod
from time import monotonic_ns
from typing import TYPE_CHECKING, ClassVar

from chaoskit.core.load import Outcome
from chaoskit.loads.call import ANSWERED, CODE, ENDED, SENT, Call
from chaoskit.loads.columns import ROW, pack_row
from chaoskit.loads.http import Answer, BadAnswer, Head
from chaoskit.loads.judge import Meaning

if TYPE_CHECKING:
    from _socket import socket

    from chaoskit.loads.flow import Flow

_ROW = ROW.size
_REMEMBERED = 2048
"""Bytes of an answer that a connection keeps, to know it again: a load may have ten thousand connections."""

_OK = CODE[Outcome.OK]
_BAD = CODE[Outcome.BAD]
_RESET = CODE[Outcome.RESET]
_OUTCOME_OF_ERROR = {
    errno.ECONNREFUSED: Outcome.REFUSED,
    errno.ETIMEDOUT: Outcome.CONNECT_TIMEOUT,
    errno.ENETUNREACH: Outcome.UNREACHABLE,
    errno.EHOSTUNREACH: Outcome.UNREACHABLE,
    errno.ENETDOWN: Outcome.UNREACHABLE,
    errno.EHOSTDOWN: Outcome.UNREACHABLE,
    errno.EACCES: Outcome.UNREACHABLE,
    errno.EPERM: Outcome.UNREACHABLE,
    errno.EINVAL: Outcome.UNREACHABLE,
    errno.EADDRNOTAVAIL: Outcome.NO_PORT,
    errno.EMFILE: Outcome.NO_PORT,
    errno.ENFILE: Outcome.NO_PORT,
    errno.ENOBUFS: Outcome.NO_PORT,
    errno.ENOMEM: Outcome.NO_PORT,
    errno.ECONNRESET: Outcome.RESET,
    errno.ECONNABORTED: Outcome.RESET,
    errno.EPIPE: Outcome.RESET,
    errno.EPROTO: Outcome.TLS,  # which TCP never says: `tls` does
}


class Connection(ABC):
    """A socket and the request that is on it, if any.

    Attributes:
        KIND: flags for socket(2) that the wire needs.
        opener: the request it was made for, which tells whose it is.
        served: requests it was released from; counted only where that limits its life.
    """

    KIND: ClassVar[int]

    __slots__ = (
        "_answer",
        "_code",
        "_connecting",
        "_meaning",
        "_unsent",
        "_usual",
        "born",
        "call",
        "fd",
        "flow",
        "opener",
        "served",
        "server",
    )

    def __init__(self, flow: Flow, made: socket, server: int, call: Call) -> None:
        self.flow = flow
        self.server = server
        self.call: Call | None = call
        self.opener = call
        self.served = 0
        self.born = monotonic_ns()
        self.fd = made.fileno()
        self._connecting = True
        self._unsent = b""
        self._answer: Answer | None = None
        self._meaning: Meaning | None = None
        self._usual = b""
        self._code = 0

    @abstractmethod
    def open(self, address: str, port: int) -> int:
        """Connect, and then send the first request.

        Returns:
            0, or an error number if nothing came of it: nobody is told of the connection any more, and it is closed.
        """

    @abstractmethod
    def begin(self, call: Call) -> int:
        """Send a request on an idle connection; returns the time after it."""

    @abstractmethod
    def close(self) -> None:
        """End the connection; nothing is heard of it any more."""

    def take(self, data: bytes, now: int, ends: int) -> bool:
        """Bytes came for a request that is sent and has no bytes of its answer yet.

        The usual answer - a success in one piece, with a header block seen before - is dealt with right here,
        without calling `Flow.answered`, `Rows.write` and `Flow.release`, which would do the same but cost
        0.1 us more: it comes a hundred thousand times a second. Everything else takes the long ways.

        Args:
            data: at least one byte, but for the end of the connection.
            now: when.
            ends: not zero if the connection is known to end after this.

        Returns:
            Whether more is to come for this request.
        """
        call = self.call
        if data != self._usual or call is None or ends or call.attempts != 1:
            return self._take(data, now, ends)
        flow = self.flow
        self.call = None
        call.phase = ENDED
        flow.recorded += 1
        rows = flow.rows
        at = rows.at
        pack_row(rows.buffer, at, call.due, call.taken, call.sent, now, now, call.dns, call.connect, self._code)
        rows.at = at = at + _ROW
        if at == rows.size:
            rows.flush()
        if not flow.keeps_for_ever:
            flow.release(self, now)
        elif flow.waiting:
            flow.serve(self)
        else:
            flow.idle[self] = None
        if flow.ended is not None:
            flow.ended(now)
        return False

    def _take(self, data: bytes, now: int, ends: int) -> bool:
        """As `take`; a success in one piece, with a header block seen before, is what will be usual from now on."""
        call = self.call
        flow = self.flow
        # Header blocks of one server mostly have one length, and what is known ends with a block's only empty line.
        meaning = flow.known.get(data[: flow.head_size])
        if meaning is None:
            flow.head_size = size = data.find(b"\r\n\r\n") + 4
            meaning = flow.known.get(data[:size])
        if call is None or meaning is None or meaning.size != len(data):
            return self.feed(data, now, ends)
        code = meaning.rows.get(self.server)
        if code is not None and meaning.plain and len(data) <= _REMEMBERED:
            self._usual, self._code = data, code
        call.first = now
        self._done(call, meaning, meaning.outcome, now, ends=bool(ends))
        return False

    def feed(self, data: bytes, now: int, ends: int) -> bool:
        """The long way: an answer in pieces, a new header block, a body to look into, or the connection's end.

        Args and result are those of `take`; no bytes mean the end of the connection.
        """
        call = self.call
        if call is None:
            self.flow.lost(self)
            return False
        try:
            complete = self._complete(call, data, now)
        except BadAnswer:
            self._fail(CODE[Outcome.BAD_RESPONSE], now)
            return False
        if complete:
            self._judge(call, now, ends=bool(ends) or not data)
        elif not data:
            self._fail(_RESET, now)
        return bool(data) and not complete

    def error(self, code: int | None, now: int) -> None:
        """The kernel says that nothing becomes of the request; its own patience may end before the request's."""
        call = self.call
        if call is None:
            self.flow.lost(self)
        else:
            self._fail(call.phase if code == errno.ETIMEDOUT else outcome_of(code), now)

    def _joined(self, call: Call, now: int) -> None:
        """The handshake is over, and before that of any other connection that was made for the request."""
        self._connecting = False
        if call.connection is not self:
            self.flow.chosen(call, self)
        call.connect = now - self.born
        call.phase = SENT

    def _complete(self, call: Call, data: bytes, now: int) -> bool:
        if self._answer is None:
            self._answer = Answer(self._head_of, self.flow.needle)
        if not data:
            return self._answer.end()
        if call.first < 0:
            call.first = now
            call.phase = ANSWERED
        return self._answer.feed(data)

    def _judge(self, call: Call, now: int, *, ends: bool) -> None:
        """A whole answer came the long way."""
        assert self._meaning is not None
        assert self._answer is not None
        outcome = self._meaning.outcome
        if outcome == _OK and not self._answer.found:
            outcome = _BAD
        self._answer = None
        self._done(call, self._meaning, outcome, now, ends=ends)

    def _head_of(self, block: bytes) -> Head:
        self._meaning = self.flow.judge.meaning(block)
        return self._meaning.head

    def _done(self, call: Call, meaning: Meaning, outcome: int, now: int, *, ends: bool) -> None:
        self.call = call.connection = None
        flow = self.flow
        if flow.within is not None and outcome == _OK and now - call.due > flow.within:
            outcome = _BAD
        flow.answered(self, call, meaning, outcome, now)
        if ends or meaning.close or self._unsent:
            flow.lost(self)
        else:
            flow.release(self, now)

    def _fail(self, outcome: int, now: int) -> None:
        call = self.call
        assert call is not None
        self.call = call.connection = None
        self.flow.lost(self)
        self.flow.failed(call, outcome, self.server, now)


def outcome_of(code: int | None) -> int:
    """The outcome (its code) that an error number of connect(2), send(2) or recv(2) is."""
    return CODE[_OUTCOME_OF_ERROR.get(code or 0, Outcome.RESET)]
