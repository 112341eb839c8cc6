"""Generators at work on a load by hand, side by side, from their start to the last answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from chaoskit.core.clock import MonotonicClock, anchor
from chaoskit.core.errors import LabError
from chaoskit.core.history import Requests
from chaoskit.core.units import NS
from chaoskit.engine.loading.plan import LoadPlan
from chaoskit.engine.loading.result import LAG_BOUND, LoadResult
from chaoskit.engine.loading.rows import Rows
from chaoskit.engine.loading.tally import Counts, Tally
from chaoskit.loads.generator import Generator
from chaoskit.loads.transport import transport

_LEAD = NS // 2
"""Until t = 0: every generator has taken its work up by then."""
_TICK = 0.1
_FINISH = 10.0
"""Seconds beyond the last timeout after which generators that have not ended never will."""


@dataclass(frozen=True)
class Snapshot:
    """What there is to see while a load runs.

    Attributes:
        t: ns since its origin.
        last: requests that ended since the one before.
        over: ns between the two.
        whole: all requests so far.
        pids: the generators' processes.
    """

    t: int
    last: Counts
    over: int
    whole: Counts
    pids: tuple[int, ...] = ()


Watch = Callable[[Snapshot], None]


def drive(
    plan: LoadPlan, watch: Watch, *, lag_bound: int = LAG_BOUND, every: int = NS, record: Path | None = None
) -> LoadResult:
    """Put the load on its target; returns when every request has an outcome.

    KeyboardInterrupt while requests arrive ends the load, and the result says so; one that comes before or
    while what is left is counted is raised.

    Args:
        plan: the load.
        watch: called with what happened meanwhile.
        lag_bound: ns, see `LoadResult.believed`.
        every: ns between two calls of `watch`, about.
        record: a folder for a row of every request, not there yet or empty.

    Raises:
        TargetRefused: the target lies outside loopback and outside labs, and is not said to be the user's.
        ChaoskitError: a generator cannot do the work or died; the others are ended.
        OSError: what is recorded does not fit the disk.
    """
    tally = Tally(plan.duration)
    rows = None if record is None else Rows(record, plan.workers)
    with ExitStack() as stack:
        generators = [stack.enter_context(Generator()) for _ in range(plan.workers)]
        origin = _start(generators, plan, tally, rows)
        utc = anchor(MonotonicClock(), origin)
        ended = plan.duration
        interrupted = False
        try:
            _attend(generators, origin + plan.duration + plan.timeout, tally, _Watching(watch, origin, every))
        except KeyboardInterrupt:
            interrupted = True
            ended = max(0, min(plan.duration, time.monotonic_ns() - origin))
            for generator in generators:
                generator.stop()
        account = [row for generator in generators for row in generator.wait(_FINISH)]
    scheduled, abandoned = sum(row.scheduled for row in account), sum(row.abandoned for row in account)
    if scheduled != tally.whole.total + abandoned:
        raise LabError(f"{scheduled} arrivals were due, and {tally.whole.total + abandoned} were accounted for")
    result = LoadResult(
        plan, tally, scheduled, abandoned, ended, utc.utc - utc.t, transport().name, lag_bound, interrupted
    )
    if rows is not None:
        rows.finish(origin, result)
    return result


def _start(generators: Sequence[Generator], plan: LoadPlan, tally: Tally, rows: Rows | None) -> int:
    """Start all processes, then hand each its work; returns their common origin."""
    with ThreadPoolExecutor(len(generators)) as pool:
        list(pool.map(Generator.open, generators))
        origin = time.monotonic_ns() + _LEAD
        sinks = [_Sink(tally, rows, number) for number in range(len(generators))]
        works = plan.work(origin)
        list(pool.map(lambda one, work, sink: one.start(work, sink.add, sink.add_attempts), generators, works, sinks))
    return origin


@dataclass(frozen=True)
class _Sink:
    """Where the rows of one generator go."""

    tally: Tally
    rows: Rows | None
    number: int

    def add(self, batch: Requests) -> None:
        self.tally.add(batch)
        if self.rows is not None:
            self.rows.add(self.number, batch)

    def add_attempts(self, batch: Requests) -> None:
        self.tally.add_attempts(batch)
        if self.rows is not None:
            self.rows.add_attempts(self.number, batch)


class _Watching:
    """Calls whoever watches when it is time."""

    def __init__(self, watch: Watch, origin: int, every: int) -> None:
        self._watch = watch
        self._origin = origin
        self._every = every
        self._seen = origin

    def look(self, tally: Tally, generators: Sequence[Generator]) -> None:
        now = time.monotonic_ns()
        if now - self._seen >= self._every:
            pids = tuple(generator.pid for generator in generators)
            self._watch(Snapshot(now - self._origin, tally.recent(), now - self._seen, tally.whole, pids))
            self._seen = now


def _attend(generators: Sequence[Generator], last: int, tally: Tally, watching: _Watching) -> None:
    """Look on until every generator has ended, which all do soon after the last timeout.

    Raises:
        ChaoskitError: one of them failed.
    """
    while not all(generator.account for generator in generators):
        for generator in generators:
            if generator.failed():
                generator.wait(0)  # raises what it failed of
        if time.monotonic_ns() > last + _FINISH * NS:
            raise LabError("a load generator did not end after its last request had to")
        watching.look(tally, generators)
        time.sleep(_TICK)
