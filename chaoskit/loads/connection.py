"""One TCP connection of a client: connecting, sending, reading an answer, idle.

It is registered once, edge-triggered, and so reads until there is nothing left. The usual answer -
all of it in one piece, with a header block seen before - takes the short way through `handle`.
"""

from __future__ import annotations

import errno
from _socket import SO_ERROR, SOL_SOCKET, socket
from select import EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP
from time import monotonic_ns
from typing import TYPE_CHECKING

from chaoskit.core.load import Outcome
from chaoskit.loads.call import ANSWERED, CODE, ENDED, SENT, Call
from chaoskit.loads.columns import ROW, pack_row
from chaoskit.loads.http import Answer, BadAnswer, Head
from chaoskit.loads.judge import Meaning

if TYPE_CHECKING:
    from chaoskit.loads.flow import Flow

_TAKE = 16384
_ROW = ROW.size
_OVER = EPOLLHUP | EPOLLERR
_END = EPOLLRDHUP | _OVER

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
}


class Connection:
    """A socket and the request that is on it, if any.

    Attributes:
        opener: the request it was made for, which tells whose it is.
        served: requests it was released from; counted only where that limits its life.
    """

    __slots__ = (
        "_answer",
        "_connecting",
        "_meaning",
        "_recv",
        "_send",
        "_socket",
        "_unsent",
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
        self._socket = made
        self._send = made.send
        self._recv = made.recv
        self._connecting = True
        self._unsent = b""
        self._answer: Answer | None = None
        self._meaning: Meaning | None = None

    def open(self) -> None:
        """Send the first request if the handshake is over already, as it is where the network is a function call."""
        self._unsent = self.flow.request
        self._go_on(monotonic_ns())

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
            self._fail(self._outcome_of(error.errno), now)
            return now
        call.sent = now = monotonic_ns()
        if count != len(request):
            self._unsent = request[count:]
        return now

    def handle(self, events: int) -> None:
        """Take note of what epoll saw.

        The usual answer - a success in one piece, with a header block seen before - is dealt with right here,
        without calling `Flow.answered`, `Rows.write` and `Flow.release`, which would do the same but cost
        0.1 us more: it comes a hundred thousand times a second. Everything else takes the long ways.
        """
        call = self.call
        if call is None or not events & EPOLLIN or self._unsent or self._answer is not None:
            self._note(call, events)
            return
        try:
            data = self._recv(_TAKE)
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(self._outcome_of(error.errno), monotonic_ns())
            return
        now = monotonic_ns()
        flow = self.flow
        # Header blocks of one server mostly have one length, and what is known ends with a block's only empty line.
        meaning = flow.known.get(data[: flow.head_size])
        if meaning is None:
            flow.head_size = size = data.find(b"\r\n\r\n") + 4
            meaning = flow.known.get(data[:size])
        if meaning is None or meaning.size != len(data):
            self._read_on(data, now, ends=bool(events & _END))
            return
        code = meaning.rows.get(self.server)
        if code is None or events & _END or not meaning.plain or call.attempts != 1:
            call.first = now
            self._done(call, meaning, meaning.outcome, now, ends=bool(events & _END))
            return
        self.call = None
        call.phase = ENDED
        flow.recorded += 1
        rows = flow.rows
        pack_row(rows.buffer, rows.at, call.due, call.taken, call.sent, now, now, call.dns, call.connect, code)
        rows.at += _ROW
        if rows.at == rows.size:
            rows.flush()
        if flow.waiting or not flow.keeps_for_ever:
            flow.release(self, now)
        else:
            flow.idle[self] = None

    def _note(self, call: Call | None, events: int) -> None:
        if call is None:
            if events & (EPOLLIN | _END):
                self.flow.lost(self)
            return
        if self._unsent and events & (EPOLLOUT | _OVER):
            self._go_on(monotonic_ns())
        if events & (EPOLLIN | _END) and self.call is call and not self._connecting:
            self._read(events)

    def close(self) -> None:
        """End the connection."""
        self.flow.loop.forget(self.fd)
        self._socket.close()

    def _go_on(self, now: int) -> None:
        """Finish connecting, and send what is left of the request."""
        call = self.call
        assert call is not None
        if self._connecting:
            code = self._socket.getsockopt(SOL_SOCKET, SO_ERROR)
            if code:
                self._fail(self._outcome_of(code), now)
                return
        try:
            count = self._send(self._unsent)
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(self._outcome_of(error.errno), now)
            return
        if self._connecting:
            self._connecting = False
            call.connect = now - self.born
            call.phase = SENT
        call.sent = monotonic_ns()
        self._unsent = self._unsent[count:]

    def _read(self, events: int) -> None:
        try:
            data = self._recv(_TAKE)
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(self._outcome_of(error.errno), monotonic_ns())
            return
        self._read_on(data, monotonic_ns(), ends=bool(events & _END))

    def _read_on(self, data: bytes, now: int, *, ends: bool) -> None:
        """The long way: an answer in pieces, a new header block, a body to look into, or the connection's end."""
        call = self.call
        assert call is not None
        while True:
            try:
                if self._take(call, data, now, ends):
                    return
                data = self._recv(_TAKE)
            except BlockingIOError:
                return
            except BadAnswer:
                self._fail(CODE[Outcome.BAD_RESPONSE], now)
                return
            except OSError as error:
                self._fail(self._outcome_of(error.errno), monotonic_ns())
                return
            now = monotonic_ns()

    def _take(self, call: Call, data: bytes, now: int, ends: bool) -> bool:
        """Feed one piece, empty at the end of the connection; true when the request is over."""
        if self._answer is None:
            self._answer = Answer(self._head_of, self.flow.needle)
        if data and call.first < 0:
            call.first = now
            call.phase = ANSWERED
        complete = self._answer.feed(data) if data else self._answer.end()
        if not complete:
            if not data:
                self._fail(_RESET, now)
            return not data
        assert self._meaning is not None
        outcome = self._meaning.outcome
        if outcome == _OK and not self._answer.found:
            outcome = _BAD
        self._answer = None
        self._done(call, self._meaning, outcome, now, ends=ends or not data)
        return True

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

    def _outcome_of(self, code: int | None) -> int:
        """As `outcome_of`; the kernel's own patience may end before the request's, in any phase."""
        call = self.call
        return call.phase if call is not None and code == errno.ETIMEDOUT else outcome_of(code)

    def _fail(self, outcome: int, now: int) -> None:
        call = self.call
        assert call is not None
        self.call = call.connection = None
        self.flow.lost(self)
        self.flow.failed(call, outcome, self.server, now)


def outcome_of(code: int | None) -> int:
    """The outcome (its code) that an error number of connect(2), send(2) or recv(2) is."""
    return CODE[_OUTCOME_OF_ERROR.get(code or 0, Outcome.RESET)]
