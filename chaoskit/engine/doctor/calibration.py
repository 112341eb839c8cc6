"""The highest rate this machine drives and keeps time: a search by short loads on a server of its own, on loopback.

A rate that was not held is tried once more, unless a process used its whole core: one stall is no limit of a machine.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from chaoskit.core.load import Outcome
from chaoskit.core.request import get
from chaoskit.core.units import NS, show_duration
from chaoskit.engine.clients import this_machine
from chaoskit.engine.doctor.answering import Answering, answering
from chaoskit.engine.loading.drive import Snapshot, drive
from chaoskit.engine.loading.plan import LoadPlan
from chaoskit.engine.loading.result import LoadResult
from chaoskit.loads.arrivals import poisson

LAG_BOUND = NS // 100
"""A queue that has grown to 10 ms in 2 s is one of half a per cent of what came: a rate it is told by is overdrawn by
no more than that. The bound of a run, 50 ms, would overdraw it by 2.5 %."""

_STEP = 2 * NS
_FIRST = 4000.0
_LOWEST = 50.0
_CLOSE = 1.05
"""The search ends where the next rate up, a twentieth more, is known to be too much."""
_WITHIN = 36.0
"""Seconds after which no further load begins: one takes about 3.5 s, and all of it at most 40 s."""
_SUCCESS = 0.999
_WHOLE_CORE = 0.9


@dataclass(frozen=True)
class Step:
    """One load of the search.

    Attributes:
        asked: arrivals a second.
        lag: the 99th percentile of the generator's own delay, seconds.
        good: share of arrivals that succeeded.
        generator: cores that its process used while requests arrived.
        server: cores that the server's did.
    """

    asked: float
    answered: float
    lag: float
    good: float
    generator: float
    server: float

    @property
    def held(self) -> bool:
        """Whether the machine drives that rate."""
        return self.lag <= LAG_BOUND / NS and self.good >= _SUCCESS

    @property
    def saturated(self) -> bool:
        """Whether the generator's process or the server's used all of the one core that it can use."""
        return self.generator >= _WHOLE_CORE or self.server >= _WHOLE_CORE


@dataclass(frozen=True)
class Calibration:
    """What the search found.

    Attributes:
        server: what answered.
        best: the load of the highest rate that was held; None where none was.
        limit: what kept it from more, in words.
    """

    server: str
    steps: tuple[Step, ...]
    best: Step | None
    limit: str


def calibrate(tell: Callable[[Step], None], within: float = _WITHIN) -> Calibration:
    """Search: twice the rate until it is too much, then between the last two.

    Args:
        tell: called after each load.
        within: seconds after which no further load begins.

    Raises:
        LabError: the server or a generator does not come up.
    """
    deadline = time.monotonic() + within
    steps: list[Step] = []
    with answering() as server:
        rate: float | None = _FIRST
        while rate is not None and (time.monotonic() < deadline or not steps):
            step = _measure(server, rate)
            tell(step)
            if not step.held and not step.saturated and time.monotonic() < deadline:
                # With cores to spare it may have been something else on this machine, once.
                again = _measure(server, rate)
                tell(again)
                step = again if again.held else step
            steps.append(step)
            rate = next_rate(steps)
    return Calibration(server.name, tuple(steps), best(steps), limit(steps))


def best(steps: Sequence[Step]) -> Step | None:
    """The highest rate that was held, and no lower one was not: a lucky load above a failed one counts for nothing."""
    lost = min((step.asked for step in steps if not step.held), default=math.inf)
    return max((step for step in steps if step.asked < lost), key=lambda step: step.asked, default=None)


def next_rate(steps: Sequence[Step]) -> float | None:
    """What to try after these; None where the answer is close enough."""
    lost = min((step.asked for step in steps if not step.held), default=None)
    held = best(steps)
    if lost is None:
        return steps[-1].asked * 2
    if held is None:
        return lost / 2 if lost / 2 >= _LOWEST else None
    return math.sqrt(lost * held.asked) if lost / held.asked > _CLOSE else None


def limit(steps: Sequence[Step]) -> str:
    """What kept the machine from more, as the load of the lowest rate that was not held tells it."""
    lost = min((step for step in steps if not step.held), key=lambda step: step.asked, default=None)
    if lost is None:
        return "nothing by then: there was no time to try more"
    used = f"generator {lost.generator:.2f}, server {lost.server:.2f} of {os.cpu_count()} cores"
    if lost.good < _SUCCESS:
        what = f"{1 - lost.good:.1%} of the requests failed"
    else:
        what = f"the generator is late by {show_duration(round(lost.lag * NS))} (p99)"
    if lost.generator >= _WHOLE_CORE:
        why = "the generator's one process has no more than a core"
    elif lost.server >= _WHOLE_CORE:
        why = "the server's one process has no more than a core"
    else:
        why = "the cores are shared with the server and with whatever else runs"
    return f"at {lost.asked:,.0f} /s {what}: {why} ({used})"


class _Cores:
    """Cores used by the generators and the server between the first and the last look at them."""

    def __init__(self, server: int) -> None:
        self._server = server
        self._looks: list[tuple[float, float, float]] = []

    def look(self, snapshot: Snapshot) -> None:
        """Look, unless arrivals are over: what ends a load is another work, and a process that ended has no times."""
        if snapshot.t < _STEP:
            used = sum(map(_cpu_seconds, snapshot.pids)), _cpu_seconds(self._server)
            self._looks.append((time.monotonic(), *used))

    @property
    def used(self) -> tuple[float, float]:
        """Those of the generators, and of the server; NaN where there was only one look."""
        if len(self._looks) < 2:
            return math.nan, math.nan
        first, last = self._looks[0], self._looks[-1]
        return (last[1] - first[1]) / (last[0] - first[0]), (last[2] - first[2]) / (last[0] - first[0])


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process, proc_pid_stat(5); 0 where it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _measure(server: Answering, rate: float) -> Step:
    request = get(f"http://127.0.0.1:{server.port}/")
    plan = LoadPlan(request, poisson(rate), this_machine(), _STEP, NS)
    cores = _Cores(server.pid)
    result = drive(plan, cores.look, lag_bound=LAG_BOUND, every=NS // 2)
    generator, of_server = cores.used
    good = result.outcomes[str(Outcome.OK)] / max(1, result.scheduled)
    return Step(rate, result.rate, _late(result), good, generator, of_server)


def _late(result: LoadResult) -> float:
    """The 99th percentile of the lag in seconds; without an arrival, which no rate of the search has, infinite."""
    late = result.lag["p99"]
    return math.inf if late is None else late
