"""Questions to one name server as load: each on a socket that has no other question on it at that time.

A socket of its own is what tells whose an ICMP error is, and what spreads questions over the sockets of a server that
shares its port (SO_REUSEPORT). With connections that are kept, sockets serve again after an answer, which over TCP is
what RFC 7766 section 6.2.1 asks of clients; else each question has a new one.

A row's `op` is the record's type, `status` the response code, `value` the first address of an `A` or `AAAA`,
`server` the name server, `connect` the handshake of TCP.
"""

from __future__ import annotations

import random
from _socket import SOCK_DGRAM, SOCK_STREAM, socket
from typing import TYPE_CHECKING

from chaoskit.core.load import Connections, Outcome
from chaoskit.loads.call import CODE, SENT, Call
from chaoskit.loads.dialled import Dialled
from chaoskit.loads.dns import CODES, NXDOMAIN, Reply
from chaoskit.loads.exchange import Datagrams, Exchange, Messages
from chaoskit.loads.question import DnsQuery

if TYPE_CHECKING:
    from chaoskit.loads.engine import Engine
    from chaoskit.loads.line import Line
    from chaoskit.loads.naming import Place
    from chaoskit.loads.work import Client, Job

_OK, _BAD = CODE[Outcome.OK], CODE[Outcome.BAD]
_NO_RECORD = CODE[Outcome.NO_ADDRESS]
_CLASSES = {
    NXDOMAIN: _NO_RECORD,
    **dict.fromkeys((CODES["SERVFAIL"], CODES["NOTIMP"]), CODE[Outcome.SERVER_ERROR]),
    **dict.fromkeys((CODES[code] for code in ("FORMERR", "REFUSED", "NOTAUTH", "NOTZONE")), CODE[Outcome.CLIENT_ERROR]),
}
"""Response codes that are no success, as `Outcome` has it; any other is `other status`."""


class Queries(Dialled):
    """Questions of one load from one client host."""

    __slots__ = ("_accepted", "_idle", "_keeps", "_life", "_numbers", "_request", "now")

    def __init__(self, engine: Engine, job: Job, client: Client, request: DnsQuery) -> None:
        kind = SOCK_STREAM if request.tcp else SOCK_DGRAM
        super().__init__(engine, job, client, request.server, request.port, kind)
        self.now = engine.now
        self._request = request
        self._accepted = frozenset(CODES[code] for code in request.ok)
        self._numbers = engine.numbers
        self._keeps = job.connections is Connections.KEEP_ALIVE
        self._life = job.connection_life
        self._idle: dict[Exchange, None] = {}

    def start(self, call: Call, now: int) -> None:
        """Ask on a socket that is there, else on a new one."""
        while self._idle:
            exchange, _ = self._idle.popitem()
            if self._life is None or now - exchange.born < self._life:
                self.took(exchange, call)
                call.phase = SENT
                exchange.ask(self._message())
                return
            self.lost(exchange)
        super().start(call, now)

    def line(self, made: socket, place: Place, server: int, call: Call, born: int) -> Line:
        """A new socket, with the question that is to be asked on it."""
        message = self._message()
        if self._request.tcp:
            return Messages(self, made, server, born, message)
        call.phase = SENT
        return Datagrams(self, made, server, born, message)

    def answered(self, exchange: Exchange, reply: Reply, now: int) -> None:
        """The answer came."""
        call = self.gave(exchange)
        outcome = self._outcome(reply)
        if outcome == _OK and self._request.within is not None and now - call.due > self._request.within:
            outcome = _BAD
        if outcome == _OK or not self.retry(call, now, outcome, exchange.server):
            value = self._engine.labels.code("value", reply.address or "")
            self.finish(call, outcome, now, status=reply.code, server=exchange.server, value=value)
        if self._keeps and (self._life is None or now - exchange.born < self._life):
            self._release(exchange)
        else:
            self.lost(exchange)

    def lost(self, line: Line) -> None:
        """A socket is of no use any more."""
        if isinstance(line, Exchange):
            self._idle.pop(line, None)
        super().lost(line)

    def sweep(self, now: int) -> None:
        """Close idle sockets whose life is over."""
        if self._life is not None:
            for exchange in [idle for idle in self._idle if now - idle.born >= self._life]:
                self.lost(exchange)

    def _release(self, exchange: Exchange) -> None:
        """Keep a socket for the next question; one that waits has it at once."""
        self._idle[exchange] = None
        self.next_waiting()

    def _message(self) -> bytes:
        return self._request.message(random.getrandbits(16), next(self._numbers))

    def _outcome(self, reply: Reply) -> int:
        if reply.truncated:
            return _BAD
        if self._accepted:
            if reply.code in self._accepted:
                return _OK
        elif reply.code == 0 and reply.answered:
            return _OK
        if reply.code == 0:
            return _BAD if self._accepted else _NO_RECORD
        return _CLASSES.get(reply.code, CODE[Outcome.OTHER_STATUS])
