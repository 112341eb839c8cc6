"""What a plan lets one expect: when windows lie, and how many samples each check will get."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from chaoskit.core.check import Check, Samples
from chaoskit.core.forecast import Forecast, planned_moment
from chaoskit.core.load import Load
from chaoskit.core.units import NS
from chaoskit.core.window import EventRef, Span, Window
from chaoskit.engine.found import windows
from chaoskit.engine.plan import Plan


@dataclass(frozen=True)
class PlannedWindow:
    """A window at its planned times.

    Attributes:
        sum: how its length comes about: `7 s = detection 4 s + ttl 2 s + margin 1 s`; empty between events.
    """

    name: str
    span: Span
    sum: str


@dataclass(frozen=True)
class PlannedCheck:
    """A check and the samples it will get if all goes to plan; None where it is no statistic."""

    name: str
    check: Check
    samples: Samples | None

    @property
    def warning(self) -> str:
        """Why it may say unknown; empty where it will all but surely get what it needs.

        Arrivals vary: of n expected ones a Poisson process brings n - 3 sqrt(n) or more in 999 runs of 1,000.
        """
        if self.samples is None:
            return ""
        expected, needed = self.samples.expected, self.samples.needed
        if expected - 3 * math.sqrt(expected) >= needed:
            return ""
        return (
            f"{self.name} expects {expected:,} samples and needs {needed:,}: "
            "it may say unknown; raise the rate or lengthen its window"
        )


def forecast(plan: Plan) -> Forecast:
    """The times and rates a plan lets one expect."""
    times = {plan.names.of(entry.action): (entry.start, entry.lasting) for entry in plan.entries}
    loads = {load.name: load.load for load in plan.loads}
    spans = {load.name: load.span for load in plan.loads}

    def planned(event: EventRef) -> int:
        # Boot actions are in force from before the origin to the end.
        start, lasting = times.get(plan.names.of(event.action), (0, plan.length))
        return planned_moment(event, start, lasting)

    def actual(load: Load) -> Load:
        return loads[plan.names.of(load)]

    def arriving(load: Load) -> Span:
        return spans[plan.names.of(load)]

    return Forecast(plan.topology, plan.length, planned, actual, plan.seed, arriving)


def planned_windows(plan: Plan) -> tuple[PlannedWindow, ...]:
    """Every window a check of this arm refers to, at its planned times."""
    judged = [check for _, check in plan.checks]
    used = [window for window in windows(plan.experiment) if any(_refers(check, window) for check in judged)]
    expect = forecast(plan)
    return tuple(
        PlannedWindow(plan.names.of(window), expect.span(window), str(window.lasting or "")) for window in used
    )


def _refers(check: Check, window: Window) -> bool:
    return any(value is window for value in check.arguments.values())


def planned_checks(plan: Plan) -> tuple[PlannedCheck, ...]:
    """Every check of this arm, with the samples it will get."""
    expect = forecast(plan)
    return tuple(PlannedCheck(name, check, check.forecast(expect)) for name, check in plan.checks)


def planned_steady(plan: Plan) -> PlannedCheck | None:
    """The steady state, which is judged on the time before the first fault."""
    if plan.steady is None:
        return None
    name, check = plan.steady
    before = min((entry.start for entry in plan.entries), default=plan.length)
    return PlannedCheck(name, check, check.forecast(replace(forecast(plan), duration=before)))


def planned_arrivals(plan: Plan) -> dict[str, int]:
    """How many requests each load will make on average, by its name."""
    every = NS // 10
    arrivals: dict[str, int] = {}
    for each in plan.loads:
        times = range(every // 2, each.span.length, every)
        arrivals[each.name] = round(sum(each.load.arrivals.rate_at(t / NS) for t in times) * every / NS)
    return arrivals
