"""The stream of a client library: bounded worker threads, each with a session, in the client host's network.

A thread inherits the network of the thread that starts it, so the engine enters the client host's before
it hires one. A worker has one operation at a time and is used last in, first out; where all are taken -
because the system stalls - operations wait until their timeout and are then connect timeouts, as with HTTP.

An operation that is cut off by its timeout gets its row at once, with `sent` if it may have taken effect;
its worker is free again when the library lets go. Rows are written by the engine's thread alone.

Lag stays honest: from being handed over, or from its worker becoming free, until the worker begins, an
operation waits for this process, not for the system. That time is added to the row's `lag`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from chaoskit.core.load import Connections, Outcome
from chaoskit.loads.call import CODE, CONNECTING, ENDED, Call
from chaoskit.loads.directory import Directory
from chaoskit.loads.session import Operation, Session, defect
from chaoskit.loads.stream import LATE, Stream
from chaoskit.loads.worker import Done, Worker

if TYPE_CHECKING:
    from chaoskit.loads.engine import Engine
    from chaoskit.loads.work import Client, Job

_OK = CODE[Outcome.OK]
_NO_THREAD = CODE[Outcome.NO_PORT]
MAX_WORKERS = 256
"""Threads one load of one client host may have, whatever the job would allow."""


class Sessions(Stream):
    """See the module.

    Args:
        engine: whose thread everything but the sessions runs in.
        job: the load.
        client: where it comes from.
        hosts: names or addresses the sessions will connect to.
        make: makes a session; called in a worker's thread.
    """

    __slots__ = ("_directory", "_idle", "_job", "_limit", "_made", "_make", "_under_way", "_waiting", "_workers")

    def __init__(
        self, engine: Engine, job: Job, client: Client, hosts: tuple[str, ...], make: Callable[[], Session]
    ) -> None:
        super().__init__(engine, job, client)
        self._directory = Directory(engine, self, client, hosts, job.naming)
        self._job = job
        self._make = make
        self._limit = min(job.max_connections, MAX_WORKERS)
        self._workers: set[Worker] = set()
        self._idle: list[Worker] = []
        self._waiting: deque[Call] = deque()
        self._under_way: dict[Call, Operation] = {}
        self._made = 0

    def start(self, call: Call, now: int) -> None:
        """Hand it to an idle worker, else to a new one, else have it wait for one."""
        if self._idle:
            self._hand(self._idle.pop(), call, now)
        elif len(self._workers) >= self._limit:
            call.phase = CONNECTING
            self._waiting.append(call)
        elif (worker := self._hire()) is not None:
            self._hand(worker, call, now)
        else:
            self.finish(call, _NO_THREAD, now)

    def expired(self, call: Call, now: int) -> None:
        """Cut it off, unless its answer is here already; what no worker began although one was free is late."""
        self.loop.catch_up()
        if call.phase == ENDED:
            return
        operation = self._under_way.get(call)
        server, value = self.cut(call)
        if operation is None or operation.begun >= 0:
            self.finish(call, call.phase, now, server=server, value=value)
        else:
            call.attempts, call.taken = 0, now
            self.finish(call, LATE, now)

    def cut(self, call: Call) -> tuple[int, int]:
        """Leave the operation to its worker; nobody waits for what comes of it."""
        operation = self._under_way.pop(call, None)
        if operation is None:
            return 0, 0
        operation.over = True  # before `sent` is looked at, see `Operation`
        return self._noted(call, operation)

    def moved(self) -> None:
        """Workers are in the network that is gone: they end with what they are doing, and others take over."""
        for worker in self._idle:
            worker.retire()
        self._idle.clear()
        self._workers.clear()
        self._again.extend(call for call in self._waiting if call.phase != ENDED)
        self._waiting.clear()
        self._directory.forget()

    def close(self) -> None:
        """Let workers end when they can; a library that does not let go ends with the process."""
        for worker in self._workers:
            worker.retire()
        self._directory.close()

    def _hire(self) -> Worker | None:
        """A new worker; None where the machine has no thread for one."""
        job = self._job
        keep = job.connections is Connections.KEEP_ALIVE
        worker = Worker(
            self._make, keep=keep, life=job.connection_life, requests=job.connection_requests, done=self._post
        )
        self._engine.networks.enter(self.network)
        try:
            worker.start()
        except RuntimeError:
            return None
        self._workers.add(worker)
        return worker

    def _hand(self, worker: Worker, call: Call, since: int) -> None:
        """Give an operation to a worker that is free since then."""
        self._made += 1
        name = f"{self.client}/{self.name}/{self._made}"
        operation = Operation(name, self._job.request.op, call.due + self.timeout, since, self._directory)
        self._under_way[call] = operation
        worker.give(call, operation)

    def _post(self, worker: Worker, done: Done) -> None:
        self.loop.post(lambda: self._done(worker, done))

    def _done(self, worker: Worker, done: Done) -> None:
        """Something came of an operation, and its worker is free again."""
        if done.error is not None:
            self._engine.fail(defect(done.error, f"load {self.name} from {self.client}: {done.session}"))
            return
        if self._under_way.get(done.call) is done.operation:
            self._ended(done)
        if worker not in self._workers:
            worker.retire()
            return
        while self._waiting:
            call = self._waiting.popleft()
            if call.phase != ENDED:
                self._hand(worker, call, done.end)
                return
        self._idle.append(worker)

    def _ended(self, done: Done) -> None:
        call, operation = done.call, self._under_way.pop(done.call)
        if done.outcome != _OK and done.definite and self._retried(call, operation, done):
            return
        server, value = self._noted(call, operation)
        instance = self._engine.labels.code("instance", done.instance)
        self.finish(call, done.outcome, done.end, status=done.status, server=server, instance=instance, value=value)

    def _retried(self, call: Call, operation: Operation, done: Done) -> bool:
        call.sent, call.first, call.connect, call.dns = (
            operation.sent,
            operation.first,
            operation.connect,
            operation.dns,
        )
        server = self._engine.labels.code("server", operation.server)
        return self.retry(call, done.end, done.outcome, server)

    def _noted(self, call: Call, operation: Operation) -> tuple[int, int]:
        """Let the call know what the operation knows; returns the codes of server and value."""
        labels = self._engine.labels
        if operation.begun >= 0:
            call.taken += operation.begun - operation.since
        call.phase = operation.phase
        call.attempts += operation.repeats
        call.sent, call.first = operation.sent, operation.first
        call.connect, call.dns = operation.connect, operation.dns
        return labels.code("server", operation.server), labels.code("value", operation.value)
