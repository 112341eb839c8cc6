"""One load from one client host: takes arrivals up, gives them connections, writes their rows.

Connections wait for the next request on a stack: the one used last is used first. One that is idle
and older than its life is closed. A name that moves to another address does not end connections to
the old one: they serve until their life ends or the server closes them, as in real clients.

A load holds at most `max_connections`. Where they are all taken - because the system stalls - requests
wait for one until their timeout, and are then connect timeouts: the system's failure, not the generator's.
"""

from __future__ import annotations

import errno
from _socket import AF_INET, AF_INET6, IPPROTO_TCP, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM, TCP_NODELAY, socket
from collections import deque
from typing import TYPE_CHECKING

from chaoskit.core.load import Connections, Outcome
from chaoskit.loads.call import CODE, CONNECTING, ENDED, RESOLVING, SENT, Call
from chaoskit.loads.connection import Connection, outcome_of
from chaoskit.loads.http import request_bytes
from chaoskit.loads.judge import Judge, Meaning
from chaoskit.loads.naming import Naming
from chaoskit.loads.resolver import Resolved, Resolver
from chaoskit.loads.targets import Targets, literal
from chaoskit.loads.work import Client, Job

if TYPE_CHECKING:
    from chaoskit.loads.engine import Engine

_KIND = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC
_OK = CODE[Outcome.OK]
_LATE = CODE[Outcome.LATE]


class Flow:
    """See the module. Of the arrivals `taken` up, so many have a row (`recorded`) or were given up (`abandoned`)."""

    # Beyond 30 attributes CPython keeps an instance's in a dictionary of its own, which is slower than slots.
    __slots__ = (
        "_again",
        "_codes",
        "_connections",
        "_deadlines",
        "_engine",
        "_keeps",
        "_life",
        "_limit",
        "_naming",
        "_op",
        "_port",
        "_resolver",
        "_retries",
        "_targets",
        "abandoned",
        "client",
        "head_size",
        "idle",
        "judge",
        "keeps_for_ever",
        "known",
        "loop",
        "name",
        "needle",
        "network",
        "recorded",
        "request",
        "rows",
        "taken",
        "timeout",
        "waiting",
        "within",
    )

    def __init__(self, engine: Engine, job: Job, client: Client, networks: tuple[str, ...]) -> None:
        labels = engine.labels
        self.name, self.client = job.name, client.host
        self.loop = engine.loop
        self.timeout = job.timeout
        self.request = request_bytes(job.request, close=job.connections is Connections.NEW)
        self.judge = Judge(job.request, lambda instance: labels.code("instance", instance))
        self.known = self.judge.known
        self.head_size = 0
        self.needle = job.request.ok.body_contains
        self.within = job.request.ok.within
        self.taken = 0
        self.recorded = 0
        self.abandoned = 0
        self._engine = engine
        self.rows = engine.rows
        self._deadlines = engine.deadlines(job.timeout)
        self._again = engine.again
        self._codes = (labels.code("load", job.name), labels.code("client", client.host))
        self._op = labels.code("op", job.request.method)
        self._keeps = job.connections is Connections.KEEP_ALIVE
        self._life = job.connection_life
        self.keeps_for_ever = self._keeps and self._life is None
        self._retries = job.retries
        self._limit = job.max_connections
        self._port = job.request.port
        self._targets = Targets(networks, anything=job.any_target)
        self.network = engine.networks.add(client.netns)
        self.idle: dict[Connection, None] = {}
        self._connections: set[Connection] = set()
        self.waiting: deque[Call] = deque()
        self._resolver = Resolver(client, self.network, engine.networks, engine.loop)
        self._naming = Naming(job.request.host, job.dns_cache, client, self._resolver)
        self._check(job, client)

    def _check(self, job: Job, client: Client) -> None:
        """Refuse what is known to lie outside the lab before anything is sent."""
        if literal(job.request.host) is None and job.request.host not in client.hosts:
            for server, _ in self._resolver.servers:
                self._targets.require(server, f"load {job.name}, name server of {client.host}")
        address = self._naming.known(0)
        if address is not None:
            self._targets.require(address, f"load {job.name} from {client.host}")

    def arrive(self, due: int, now: int) -> int:
        """Take an arrival up; returns the time."""
        call = Call(self, due, now)
        self.taken += 1
        if now - due > self.timeout:
            call.attempts = 0
            self._finish(call, _LATE, 0, 0, 0, now)
            return now
        self._deadlines.append(call)
        if self.idle and self.keeps_for_ever:
            return self.idle.popitem()[0].begin(call)
        self.start(call, now)
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
        if len(self._connections) >= self._limit:
            self._wait(call)
            return
        address = self._naming.known(now)
        if address is None:
            call.phase = RESOLVING
            self._naming.find(lambda resolved, took: self._resolved(call, resolved, took))
        else:
            self._connect(call, address, now)

    def release(self, connection: Connection, now: int) -> None:
        """A connection has no request any more: give it the next one, keep it, or close it."""
        if not self._keeps or (self._life is not None and now - connection.born >= self._life):
            self.lost(connection)
            return
        while self.waiting:
            call = self.waiting.popleft()
            if call.phase != ENDED:
                call.phase = SENT
                connection.begin(call)
                return
        self.idle[connection] = None

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
        self._naming.forget()

    def answered(self, connection: Connection, call: Call, meaning: Meaning, outcome: int, now: int) -> None:
        """A whole answer came."""
        if outcome != _OK and self._retry(call, now):
            return
        if call.attempts != 1 or outcome != meaning.outcome:
            self._finish(call, outcome, meaning.status, connection.server, meaning.instance, now)
            return
        code = meaning.rows.get(connection.server)
        if code is None:
            code = self._combination(connection.server, meaning.instance, meaning.status, outcome, 1)
            meaning.rows[connection.server] = code
        call.phase = ENDED
        self.recorded += 1
        self.rows.write(call.due, call.taken, call.sent, call.first, now, call.dns, call.connect, code)

    def failed(self, call: Call, outcome: int, server: int, now: int) -> None:
        """An attempt came to nothing."""
        if not self._retry(call, now):
            self._finish(call, outcome, 0, server, 0, now)

    def expired(self, call: Call, now: int) -> None:
        """The timeout of a request has come."""
        self._finish(call, call.phase, 0, self._cut(call), 0, now)

    def abandon(self, call: Call | None = None) -> None:
        """The run is over before its time: count a request under way, or one not even taken up."""
        self.abandoned += 1
        if call is None:
            self.taken += 1
        else:
            self._cut(call)
            call.phase = ENDED

    def close(self) -> None:
        """Let go of everything."""
        for connection in self._connections:
            connection.close()
        self._resolver.close()

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
        self._targets.require(resolved.address, f"load {self.name} from {self.client}")
        if took >= 0:
            call.dns = took
        self._connect(call, resolved.address, now)

    def _connect(self, call: Call, address: str, now: int) -> None:
        if len(self._connections) >= self._limit:
            self._wait(call)
            return
        call.phase = CONNECTING
        server = self._engine.labels.code("server", address)
        try:
            self._engine.networks.enter(self.network)
            made = socket(AF_INET6 if ":" in address else AF_INET, _KIND, IPPROTO_TCP)
        except OSError as error:
            self.failed(call, outcome_of(error.errno), server, now)
            return
        made.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        code = made.connect_ex((address, self._port))
        if code not in (0, errno.EINPROGRESS):
            made.close()
            self.failed(call, outcome_of(code), server, now)
            return
        call.connection = connection = Connection(self, made, server, call)
        self._connections.add(connection)
        self.loop.watch(connection.fd, connection.handle)
        connection.open()

    def _cut(self, call: Call) -> int:
        """Close the connection a request is on; returns its server."""
        connection = call.connection
        if connection is None:
            return 0
        connection.call = call.connection = None
        self.lost(connection)
        return connection.server

    def _retry(self, call: Call, now: int) -> bool:
        if call.attempts > self._retries or now - call.due >= self.timeout:
            return False
        call.attempts += 1
        call.sent = call.first = call.connect = -1
        call.phase = CONNECTING
        self._again.append(call)
        return True

    def _finish(self, call: Call, outcome: int, status: int, server: int, instance: int, now: int) -> None:
        call.phase = ENDED
        self.recorded += 1
        code = self._combination(server, instance, status, outcome, call.attempts)
        self.rows.write(call.due, call.taken, call.sent, call.first, now, call.dns, call.connect, code)

    def _combination(self, server: int, instance: int, status: int, outcome: int, attempts: int) -> int:
        return self._engine.rows.combination((*self._codes, server, instance, self._op, 0, status, outcome, attempts))
