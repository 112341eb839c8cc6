"""The contract of a protocol: one load from one client host, as the engine deals with it.

         due                        the protocol's own way
engine ------> arrive --> start(call) ------------------> finish(call, outcome) --> row
         timeout                       again <-- wait <-- retry(call, outcome) --> row of an attempt
engine ------> expired ---------------------------------> finish(call, the call's phase)
         stop
engine ------> abandon

A protocol writes `start`, and `cut`, `sweep`, `moved` and `close` where it has something to do there.
Of the arrivals `taken` up each ends in exactly one way: it has a row (`recorded`) or it was `abandoned`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

from chaoskit.core.load import Outcome
from chaoskit.core.retry import Retry
from chaoskit.loads.call import CODE, CONNECTING, ENDED, Call
from chaoskit.loads.retrying import Budget, Waits
from chaoskit.loads.targets import Targets

if TYPE_CHECKING:
    from chaoskit.loads.columns import Rows
    from chaoskit.loads.engine import Engine
    from chaoskit.loads.work import Client, Job

LATE = CODE[Outcome.LATE]


class Stream(ABC):
    """See the module. All of it runs in the engine's thread.

    Attributes:
        name: of the load.
        client: name of the client host.
        network: the client host's, for `Networks.enter`.
        timeout: ns from the intended start.
        attempts: rows of attempts that failed and were followed by another.
        ended: told when a request got its row, ns of CLOCK_MONOTONIC; in an open loop nobody waits for that.
        targets: where the load may go; every address passes `targets.require` before anything is sent there.
    """

    # Slots all the way: the HTTP stream has more attributes than CPython keeps fast access to in a dictionary (30).
    __slots__ = (
        "_again",
        "_budget",
        "_codes",
        "_deadlines",
        "_engine",
        "_retries",
        "_waits",
        "abandoned",
        "attempts",
        "client",
        "ended",
        "loop",
        "name",
        "network",
        "recorded",
        "rows",
        "taken",
        "targets",
        "timeout",
    )

    users = 0
    """How many of a closed loop it serves; none where arrivals do not wait for answers."""

    def __init__(self, engine: Engine, job: Job, client: Client) -> None:
        labels = engine.labels
        self.name, self.client = job.name, client.host
        self.network = engine.networks.add(client.netns)
        self.timeout = job.timeout
        self.targets = Targets(engine.lab, anything=job.any_target, owned=engine.owned)
        self.taken = self.recorded = self.abandoned = 0
        self.loop = engine.loop
        self.rows = engine.rows
        self.ended: Callable[[int], None] | None = None
        self._engine = engine
        self._deadlines = engine.deadlines(job.timeout)
        self._again = engine.again
        self.attempts = engine.attempts
        policy = Retry.of(job.retries)
        self._retries = policy.limit
        self._waits = Waits(policy, f"{engine.seed}/{job.name}/{client.host}/retries")
        self._budget = None if policy.budget is None else Budget(policy.budget, self._first_attempts, engine.loop)
        self._codes = tuple(
            labels.code(column, label)
            for column, label in (("load", job.name), ("client", client.host), ("op", job.op or job.request.op))
        )

    @abstractmethod
    def start(self, call: Call, now: int) -> None:
        """Make an attempt; in the end, perhaps at once, `finish` the call or `retry` it."""

    def cut(self, call: Call) -> tuple[int, int]:
        """Let go of a call that is over without an answer; returns the codes of server and value for its row."""
        return 0, 0

    def sweep(self, now: int) -> None:  # noqa: B027  optional
        """Called every 100 ms."""

    def moved(self) -> None:  # noqa: B027  optional
        """The client host came back with a new network: nothing kept from before is of use."""

    def close(self) -> None:  # noqa: B027  optional
        """Let go of everything; no call is under way."""

    def arrive(self, due: int, now: int) -> int:
        """Take an arrival up; returns the time."""
        return self.take_up(Call(self, due, now), now)

    def take_up(self, call: Call, now: int) -> int:
        """As `arrive`, of a call that there is already."""
        due = call.due
        self.taken += 1
        if now - due > self.timeout:
            call.attempts = 0
            self.finish(call, LATE, now)
            return now
        self._deadlines.append(call)
        self.start(call, now)
        return self._engine.now()

    def found(self, call: Call, address: str, took: int) -> None:
        """Note where a call goes, and how many ns it took to find out; -1 for none.

        Raises:
            TargetRefused: it may not go there.
        """
        self.targets.require(address, f"load {self.name} from {self.client}")
        if took >= 0:
            call.dns = took

    def expired(self, call: Call, now: int) -> None:
        """The timeout of a call has come."""
        server, value = self.cut(call)
        self.finish(call, call.phase, now, server=server, value=value)

    def abandon(self, call: Call | None = None) -> None:
        """The run is over before its time: count a call under way, or one not even taken up."""
        self.abandoned += 1
        if call is None:
            self.taken += 1
        else:
            self.cut(call)
            call.phase = ENDED

    def settle(self, until: int) -> int:
        """The run is over: how many arrivals beside the schedule's there were up to then, ns of CLOCK_MONOTONIC."""
        return 0

    def retry(self, call: Call, now: int, outcome: int, server: int = 0) -> bool:
        """Whether the call gets another attempt after this failure; if so, the engine starts it when its wait is over.

        None that would begin after the timeout. `outcome` and `server` are those of the attempt that failed.
        """
        if call.attempts > self._retries:
            return False
        wait = self._waits.next(call.attempts)
        if now + wait - call.due >= self.timeout or (self._budget is not None and not self._budget.takes(now)):
            return False
        if wait:
            call.phase = outcome  # and it stays that should the timeout come first after all
            self.loop.at(now + wait, lambda _now: self._follow(call, now, now + wait, outcome, server))
        else:
            self._follow(call, now, now, outcome, server)
        return True

    def _follow(self, call: Call, failed: int, begins: int, outcome: int, server: int) -> None:
        """Record the attempt that failed, and have the engine start the next one."""
        if call.phase == ENDED:
            return
        due, taken = (call.due, call.taken) if call.attempts == 1 else (call.begun, call.begun)
        code = self._coded(self.attempts, server, 0, 0, 0, outcome, call.attempts)
        self.attempts.write(due, taken, call.sent, call.first, failed, call.dns, call.connect, code)
        call.attempts += 1
        call.begun = begins
        call.sent = call.first = call.connect = -1
        call.phase = CONNECTING
        self._again.append(call)

    def _first_attempts(self) -> int:
        """How many there were: every arrival that was taken up."""
        return self.taken

    def finish(
        self,
        call: Call,
        outcome: int,
        now: int,
        *,
        status: int = 0,
        server: int = 0,
        instance: int = 0,
        value: int = 0,
    ) -> None:
        """Write the call's row; it is over. `server`, `instance` and `value` are codes of labels."""
        call.phase = ENDED
        self.recorded += 1
        code = self.combination(server, instance, value, status, outcome, call.attempts)
        self.rows.write(call.due, call.taken, call.sent, call.first, now, call.dns, call.connect, code)
        if self.ended is not None:
            self.ended(now)

    def combination(self, server: int, instance: int, value: int, status: int, outcome: int, attempts: int) -> int:
        """The code of what a row has in common with others."""
        return self._coded(self.rows, server, instance, value, status, outcome, attempts)

    def _coded(
        self, rows: Rows, server: int, instance: int, value: int, status: int, outcome: int, attempts: int
    ) -> int:
        load, client, op = self._codes
        return rows.combination((load, client, server, instance, op, value, status, outcome, attempts))
