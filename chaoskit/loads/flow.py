"""The HTTP stream: gives the requests of one load from one client host connections.

Connections wait for the next request on a stack: the one used last is used first. One that is idle
and older than its life is closed. A name that moves to another address does not end connections to
the old one: they serve until their life ends or the server closes them, as in real clients.

A load holds at most `max_connections`. Where they are all taken - because the system stalls - requests
wait for one until their timeout, and are then connect timeouts: the system's failure, not the generator's.
"""

from __future__ import annotations

from _socket import AF_INET, AF_INET6, IPPROTO_TCP, SOCK_CLOEXEC, SOCK_STREAM, TCP_NODELAY, socket
from collections import deque
from typing import TYPE_CHECKING

from chaoskit.core.load import Connections, Outcome
from chaoskit.core.request import HttpRequest
from chaoskit.loads.call import CODE, CONNECTING, ENDED, RESOLVING, SENT, Call
from chaoskit.loads.connection import Connection, outcome_of
from chaoskit.loads.fallback import fallbacks
from chaoskit.loads.http import request_bytes
from chaoskit.loads.judge import Judge, Meaning
from chaoskit.loads.lookup import Resolved
from chaoskit.loads.naming import Place, Vantage, open_finder
from chaoskit.loads.stream import LATE, Stream
from chaoskit.loads.tls import Trust
from chaoskit.loads.work import Client, Job

if TYPE_CHECKING:
    from chaoskit.loads.engine import Engine

_KIND = SOCK_STREAM | SOCK_CLOEXEC
_OK = CODE[Outcome.OK]


class Flow(Stream):
    """See the module."""

    __slots__ = (
        "_connections",
        "_fallbacks",
        "_finder",
        "_keeps",
        "_life",
        "_limit",
        "_port",
        "_requests",
        "_wire",
        "head_size",
        "idle",
        "judge",
        "keeps_for_ever",
        "known",
        "needle",
        "request",
        "waiting",
        "within",
    )

    def __init__(self, engine: Engine, job: Job, client: Client, request: HttpRequest) -> None:
        super().__init__(engine, job, client)
        labels = engine.labels
        self.request = request_bytes(request, close=job.connections is Connections.NEW)
        self.judge = Judge(request, lambda instance: labels.code("instance", instance))
        self.known = self.judge.known
        self.head_size = 0
        self.needle = request.ok.body_contains
        self.within = request.ok.within
        self._keeps = job.connections is Connections.KEEP_ALIVE
        self._life = job.connection_life
        self._requests = job.connection_requests
        self.keeps_for_ever = self._keeps and self._life is None and self._requests is None
        self._limit = job.max_connections
        self._wire = Trust(request) if request.secure else engine.transport.connection
        self._port = request.port
        self.idle: dict[Connection, None] = {}
        self._connections: set[Connection] = set()
        self.waiting: deque[Call] = deque()
        self._finder = open_finder(job.naming, Vantage(engine, self, client, request.host))
        self._fallbacks = fallbacks(job.naming, self._finder, self)

    def arrive(self, due: int, now: int) -> int:
        """Take an arrival up; returns the time."""
        call = Call(self, due, now)
        self.taken += 1
        if now - due > self.timeout:
            call.attempts = 0
            self.finish(call, LATE, now)
            return now
        self._deadlines.append(call)
        if not self.keeps_for_ever:
            self.start(call, now)
        elif self.idle:
            return self.idle.popitem()[0].begin(call)
        elif len(self._connections) < self._limit:
            self._connect_anew(call, now)
        else:
            call.phase = CONNECTING
            self.waiting.append(call)
        return now

    def start(self, call: Call, now: int) -> None:
        """Make an attempt: on an idle connection, else on a new one, else when one may be made."""
        while self.idle:
            connection, _ = self.idle.popitem()
            if self._life is None or now - connection.born < self._life:
                call.phase = SENT
                connection.begin(call)
                return
            self.lost(connection)
        self._connect_anew(call, now)

    def _connect_anew(self, call: Call, now: int) -> None:
        """Make an attempt on a new connection, or have it wait until there may be one."""
        if len(self._connections) >= self._limit:
            self._wait(call)
            return
        place = self._finder.known(now)
        if place is None:
            call.phase = RESOLVING
            self._finder.find(lambda resolved, took: self._resolved(call, resolved, took))
        else:
            self.connect(call, place, now)

    def release(self, connection: Connection, now: int) -> None:
        """A connection has no request any more: give it the next one, keep it, or close it."""
        if not self._keeps or self._spent(connection, now):
            self.lost(connection)
        else:
            self.serve(connection)

    def serve(self, connection: Connection) -> None:
        """Give a connection the next request that waits for one, or keep it for later ones."""
        while self.waiting:
            call = self.waiting.popleft()
            if call.phase != ENDED:
                call.phase = SENT
                connection.begin(call)
                return
        self.idle[connection] = None

    def _spent(self, connection: Connection, now: int) -> bool:
        """Whether a connection that has served one request more is at the end of its life, in requests or in time."""
        connection.served += 1
        return connection.served == self._requests or (self._life is not None and now - connection.born >= self._life)

    def lost(self, connection: Connection) -> None:
        """Close a connection; whoever waited for one may make a new one."""
        self.idle.pop(connection, None)
        connection.close()
        self._connections.discard(connection)
        while self.waiting:
            call = self.waiting.popleft()
            if call.phase != ENDED:
                self._again.append(call)
                return

    def sweep(self, now: int) -> None:
        """Close idle connections whose life is over."""
        if self._life is not None:
            for connection in [idle for idle in self.idle if now - idle.born >= self._life]:
                self.lost(connection)

    def moved(self) -> None:
        """The host came back with a new network: nothing it kept from before is of use, its DNS cache included."""
        for connection in list(self.idle):
            self.lost(connection)
        self._finder.forget()

    def answered(self, connection: Connection, call: Call, meaning: Meaning, outcome: int, now: int) -> None:
        """A whole answer came."""
        if outcome != _OK and self.retry(call, now, outcome, connection.server):
            return
        if call.attempts != 1 or outcome != meaning.outcome:
            server, instance = connection.server, meaning.instance
            self.finish(call, outcome, now, status=meaning.status, server=server, instance=instance)
            return
        code = meaning.rows.get(connection.server)
        if code is None:
            code = self.combination(connection.server, meaning.instance, 0, meaning.status, outcome, 1)
            meaning.rows[connection.server] = code
        call.phase = ENDED
        self.recorded += 1
        self.rows.write(call.due, call.taken, call.sent, call.first, now, call.dns, call.connect, code)
        if self.ended is not None:
            self.ended(now)

    def failed(self, call: Call, outcome: int, server: int, now: int) -> None:
        """An attempt came to nothing, unless there is another address to try."""
        if self._fallbacks is not None and self._fallbacks.goes_on(call, outcome, now):
            return
        if not self.retry(call, now, outcome, server):
            self.finish(call, outcome, now, server=server)

    def close(self) -> None:
        """Let go of everything."""
        for connection in self._connections:
            connection.close()
        self._finder.close()

    def _wait(self, call: Call) -> None:
        call.phase = CONNECTING
        self.waiting.append(call)

    def _resolved(self, call: Call, resolved: Resolved, took: int) -> None:
        if call.phase == ENDED:
            return
        now = self._engine.now()
        if resolved.address is None:
            self.failed(call, CODE[resolved.failure], 0, now)
            return
        self.found(call, resolved.address, took)
        self.connect(call, (resolved.address, resolved.port), now)

    def room(self) -> bool:
        """Whether one more connection may be made."""
        return len(self._connections) < self._limit

    def chosen(self, call: Call, connection: Connection) -> None:
        """A connection that was made beside others is there, and has the request."""
        assert self._fallbacks is not None
        self._fallbacks.chosen(call, connection)

    def connect(self, call: Call, place: Place, now: int) -> None:
        """Make a new connection for an attempt, or have it wait until there may be one."""
        if len(self._connections) >= self._limit:
            self._wait(call)
            return
        if self._fallbacks is not None:
            self._fallbacks.begins(call, place)
        address, port = place
        call.phase = CONNECTING
        server = self._engine.labels.code("server", address)
        try:
            self._engine.networks.enter(self.network)
            made = socket(AF_INET6 if ":" in address else AF_INET, _KIND | self._wire.KIND, IPPROTO_TCP)
        except OSError as error:
            self.failed(call, outcome_of(error.errno), server, now)
            return
        made.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        code = self._leave_from(made, call)
        if code:
            made.close()
            self.failed(call, outcome_of(code), server, now)
            return
        call.connection = connection = self._wire(self, made, server, call)
        self._connections.add(connection)
        code = connection.open(address, port or self._port)
        if code:
            call.connection = None
            self._connections.discard(connection)
            self.failed(call, outcome_of(code), server, now)
        elif self._fallbacks is not None:
            self._fallbacks.pends(call, connection, now)

    def prepare(self, call: Call) -> None:
        """Have `request` be that of a call: a connection is about to take it."""

    def _leave_from(self, made: socket, call: Call) -> int:
        """Choose the address that a connection comes from; returns an error number, 0 for none."""
        return 0

    def cut(self, call: Call) -> tuple[int, int]:
        """Close the connection a request is on."""
        connection = call.connection
        if connection is None:
            return (0, 0) if self._fallbacks is None else (self._fallbacks.cut(call), 0)
        connection.call = call.connection = None
        self.lost(connection)
        return connection.server, 0
