"""Experiment: a frozen value that states a guarantee, and everything it takes to test it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from chaoskit.core.action import Action, Entry
from chaoskit.core.arm import GUARDED, Twin
from chaoskit.core.check import Check, Comparison
from chaoskit.core.errors import DefinitionError
from chaoskit.core.guard import Guard
from chaoskit.core.lab import Lab
from chaoskit.core.load import Load
from chaoskit.core.probe import Probe
from chaoskit.core.selector import Selector
from chaoskit.core.units import Duration, duration, show_duration
from chaoskit.core.where import Where, caller
from chaoskit.core.window import Window


@dataclass(frozen=True, eq=False)
class Experiment:
    """A guarantee, stated so that it can be listed, planned, drawn and repeated without running.

    Attributes:
        claim: the guarantee in one sentence.
        timeline: what happens when; empty is a measurement without a fault.
        duration: length of the run from the origin to the end of load.
        boot: actions done before the lab is ready, in force to the end.
        steady: a check that must pass on the time before the first fault, or no fault is injected.
        quiet: the time at the end in which nothing may be in force any more.
        lag: the 99th percentile of the generator's own delay up to which a run is believed.
        drivers: which drivers can bring its lab up.
        one_success_in: of successful requests one in so many is kept as a row, for runs of tens of millions; failures
            all are. Counts and histograms by load, client, outcome and second stay exact.
    """

    claim: str
    lab: Lab
    duration: Duration
    loads: Sequence[Load] = ()
    probes: Sequence[Probe] = ()
    timeline: Sequence[Entry] = ()
    boot: Sequence[Action] = ()
    checks: Sequence[Check] = ()
    compares: Sequence[Comparison] = ()
    guards: Sequence[Guard] = ()
    twins: Sequence[Twin] = ()
    steady: Check | None = None
    quiet: Duration = "2s"
    lag: Duration = "50ms"
    drivers: Sequence[str] = ("native", "docker")
    one_success_in: int = 1
    where: Where = field(default_factory=caller)

    def __post_init__(self) -> None:
        for problem in _problems(self):
            raise DefinitionError(problem)

    @property
    def length(self) -> int:
        """`duration` in ns."""
        return duration(self.duration)

    @property
    def actions(self) -> tuple[Action, ...]:
        """Every action: of boot, then of the timeline."""
        return (*self.boot, *(entry.action for entry in self.timeline))

    @property
    def every_load(self) -> tuple[Load, ...]:
        """Every load: those of the whole run, then those that arrive while an action is in force."""
        return (*self.loads, *(load for action in self.actions for load in action.loads))

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of the arms, the guarded one first."""
        return (GUARDED, *(twin.name for twin in self.twins))

    def twin(self, arm: str) -> Twin | None:
        """The twin of that name; None for the guarded arm.

        Raises:
            KeyError: there is no such arm.
        """
        return None if arm == GUARDED else {twin.name: twin for twin in self.twins}[arm]

    @property
    def every_check(self) -> tuple[Check, ...]:
        """Checks of the experiment and of its twins, the steady state and those of guards."""
        extra = [check for twin in self.twins for check in twin.checks]
        steady = [self.steady] if self.steady else []
        return (*self.checks, *extra, *steady, *(guard.check for guard in self.guards))


def _problems(experiment: Experiment) -> Iterator[str]:
    if experiment.one_success_in < 1:
        yield f"{experiment.where}: one_success_in={experiment.one_success_in}: 1 keeps every row, and no fewer can be"
    yield from _timeline_problems(experiment)
    yield from _twin_problems(experiment)
    for probe in experiment.probes:
        if not isinstance(probe.hosts, Selector) and not probe.outside:
            yield f"{probe.where}: probe {probe} does not say where: add .at(hosts, every=...) or .from_here(every=...)"
    judges: tuple[Check | Comparison, ...] = (*experiment.every_check, *experiment.compares)
    for check in judges:
        for value in check.arguments.values():
            for each in value if isinstance(value, tuple) else (value,):
                yield from _reference_problems(experiment, check, each)


def _timeline_problems(experiment: Experiment) -> Iterator[str]:
    last = experiment.length - duration(experiment.quiet)
    for entry in experiment.timeline:
        finish = entry.start + (entry.lasting or 0)
        if entry.lasting is not None and entry.lasting > entry.action.longest:
            longest, asked = show_duration(entry.action.longest), show_duration(entry.lasting)
            yield f"{entry.where}: {entry.action} may be in force for {longest} at most, not {asked}"
        elif finish > last:
            unsaid = (
                "; give lasting=, or it is in force for its longest" if entry.lasting == entry.action.longest else ""
            )
            yield (
                f"{entry.where}: {entry.action} ends at {show_duration(finish)}, but the run ends at "
                f"{show_duration(experiment.length)} with {show_duration(duration(experiment.quiet))} of quiet before"
                f"{unsaid}"
            )
    if experiment.steady and any(entry.start == 0 for entry in experiment.timeline):
        yield f"{experiment.where}: an action at 0 s leaves no time before it in which the steady state could be seen"
    for action in experiment.boot:
        if action.loads:
            yield f"{action.where}: {action} brings load, and there is none before the lab is ready"
    if len(set(experiment.every_load)) < len(experiment.every_load):
        yield f"{experiment.where}: one load stands twice; describe it twice to have it twice"
    if len(set(experiment.actions)) < len(experiment.actions):
        yield f"{experiment.where}: one action stands twice in the timeline; call its function twice to get two"


def _twin_problems(experiment: Experiment) -> Iterator[str]:
    names = [twin.name for twin in experiment.twins]
    known = {*experiment.every_load, *experiment.actions}
    for twin in experiment.twins:
        if names.count(twin.name) > 1 or twin.name in ("", GUARDED):
            yield f"{twin.where}: a twin's name must be its own, and {twin.name!r} is not"
        if not twin.must_fail:
            yield f"{twin.where}: the twin {twin.mistake!r} names no check that must fail, so it would prove nothing"
        for check in (*twin.must_fail, *twin.may_fail):
            if check not in (*experiment.checks, *twin.checks):
                yield f"{twin.where}: the twin {twin.mistake!r} expects {check} to fail, which is no check here"
        for replaced in twin.instead:
            if replaced not in known:
                yield f"{twin.where}: the twin {twin.mistake!r} replaces something that is not in the experiment"


def _reference_problems(experiment: Experiment, check: Check | Comparison, value: object) -> Iterator[str]:
    if isinstance(value, Load) and value not in experiment.every_load:
        yield f"{check.where}: {check.kind} judges a load that the experiment does not drive"
    if isinstance(value, Probe) and value not in experiment.probes:
        yield f"{check.where}: {check.kind} reads a probe that the experiment does not have"
    if isinstance(value, Window):
        for event in value.events:
            if event.action not in experiment.actions:
                yield f"{value.where}: a window refers to an action that is not in the timeline: {event.action}"
    if isinstance(value, Action) and value not in experiment.actions:
        yield f"{check.where}: {check.kind} refers to an action that is not in the timeline: {value}"
    if isinstance(value, Twin) and value not in experiment.twins:
        yield f"{check.where}: {check.kind} compares a twin that the experiment does not have: {value.mistake!r}"
