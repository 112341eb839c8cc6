"""The plan of one arm: what will happen, to whom and when, computed without touching anything.

experiment + arm + seed --make_plan--> Plan --> runner
                                        `----> `chaoskit plan`
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

from chaoskit.core.action import Action, Entry, Planning
from chaoskit.core.arm import GUARDED, Twin
from chaoskit.core.check import Check
from chaoskit.core.errors import UsageError
from chaoskit.core.experiment import Experiment
from chaoskit.core.guard import Guard
from chaoskit.core.lab import Lab
from chaoskit.core.late import Question, Unanswered
from chaoskit.core.load import Load
from chaoskit.core.names import Names
from chaoskit.core.probe import THIS_MACHINE, Probe
from chaoskit.core.selector import NOTHING, Answers, Selector, everything, hosts
from chaoskit.core.step import Step
from chaoskit.core.suggest import did_you_mean
from chaoskit.core.topology import HostInfo, Topology
from chaoskit.core.units import duration, show_duration
from chaoskit.core.window import Span
from chaoskit.engine.elsewhere import refuse_hosts, refuse_reading, refuse_selectors
from chaoskit.engine.entries import PlannedEntry, planned_entry
from chaoskit.engine.found import Found
from chaoskit.engine.ground import ground
from chaoskit.engine.overlap import refuse_overlaps
from chaoskit.engine.permits import refuse_unpermitted, refuse_unsuited
from chaoskit.engine.population_routes import population_routes
from chaoskit.labs.attachment import Attachment
from chaoskit.labs.drivers import ATTACHED, EXTERNAL
from chaoskit.labs.spec import LabSpec

T = TypeVar("T")


@dataclass(frozen=True)
class PlannedLoad:
    """A load and the hosts it comes from.

    Attributes:
        load: the one driven in this arm: the twin's substitute where it has one.
        span: when its requests arrive, ns since the origin.
        by: the action that brings it; None where it arrives from the origin to the end.
    """

    name: str
    load: Load
    clients: tuple[HostInfo, ...]
    span: Span
    by: str | None = None


@dataclass(frozen=True)
class PlannedProbe:
    """A probe and the hosts it reads from."""

    name: str
    probe: Probe
    hosts: tuple[HostInfo, ...]


@dataclass(frozen=True)
class Plan:
    """One arm of an experiment, ready to be run.

    Attributes:
        twin: the twin whose arm this is; None for the guarded one.
        seed: decides arrivals, picks and shares; the same seed makes the same plan.
        names: of the experiment's objects, to which the twin's substitutes answer as well.
        length: ns from the origin to the end of load.
        quiet: ns at the end in which nothing may be in force any more.
        boot: actions done before the lab is ready.
        entries: the timeline, by start.
        steady: the check that must pass before the first fault.
        checks: those that judge this arm: the experiment's, then the twin's own.
    """

    found: Found
    arm: str
    twin: Twin | None
    seed: int
    driver: str
    spec: LabSpec
    names: Names
    length: int
    quiet: int
    boot: tuple[PlannedEntry, ...]
    entries: tuple[PlannedEntry, ...]
    loads: tuple[PlannedLoad, ...]
    probes: tuple[PlannedProbe, ...]
    steady: tuple[str, Check] | None
    checks: tuple[tuple[str, Check], ...]
    guards: tuple[tuple[str, Guard], ...]

    @property
    def experiment(self) -> Experiment:
        """The experiment whose arm this is."""
        return self.found.experiment

    @property
    def topology(self) -> Topology:
        """The lab of this arm, as data."""
        return self.spec.topology

    @property
    def has_way_out(self) -> bool:
        """Whether a packet may leave the lab: it is not ours, or its networks were left as its file has them."""
        return self.driver in (ATTACHED, EXTERNAL) or self.spec.egress


def make_plan(
    found: Found, *, arm: str = GUARDED, seed: int = 0, driver: str = "native", attachment: Attachment | None = None
) -> Plan:
    """Plan one arm; reads the lab's files, or looks at the project it is attached to, and touches nothing.

    Raises:
        UsageError: there is no such arm, the experiment does not run on the driver, a selector
            matches nothing, or an action would hit what it may not.
        LabError: the lab cannot be read.
    """
    experiment = found.experiment
    twin = _twin(found, arm)
    if attachment is None and driver not in experiment.drivers:
        raise UsageError(
            f"{found.id} does not run on the {driver} driver", remedy=f"It runs on: {', '.join(experiment.drivers)}."
        )
    if attachment is not None:
        refuse_unsuited(experiment, twin, attachment)
    instead = _substitutes(experiment, twin)
    held_by, spec = ground(_lab(experiment, twin), driver, attachment)
    names = found.names.alias(instead)
    planner = _Planner(spec.topology, names, instead, seed, held_by == EXTERNAL)
    checks = tuple((names.of(check), check) for check in (*experiment.checks, *(twin.checks if twin else ())))
    steady = (names.of(experiment.steady), experiment.steady) if experiment.steady else None
    guards = tuple((names.of(guard), guard) for guard in experiment.guards)
    judging = [check for _, check in (*checks, *([steady] if steady else []))]
    planner.see_that_selectors_match([*judging, *(guard.check for guard in experiment.guards)])
    boot = tuple(planner.boot(experiment.boot, experiment.length))
    entries = tuple(planner.timeline(experiment.timeline))
    refuse_overlaps((*boot, *entries))
    refuse_unpermitted((*boot, *entries), spec)
    loads = (*planner.loads(experiment.loads, experiment.length), *planner.brought(entries))
    sources = population_routes(
        ((each.load, each.clients) for each in loads), spec.topology, held_by, experiment.length
    )
    return Plan(
        found,
        arm,
        twin,
        seed,
        held_by,
        spec,
        names,
        experiment.length,
        duration(experiment.quiet),
        (*boot, *sources),
        entries,
        loads,
        tuple(planner.probes(experiment.probes)),
        steady,
        checks,
        guards,
    )


def _twin(found: Found, arm: str) -> Twin | None:
    try:
        return found.experiment.twin(arm)
    except KeyError:
        arms = found.experiment.arms
        raise UsageError(
            f"{found.id} has no arm {arm!r}", remedy=f"{did_you_mean(arm, arms)}Its arms are: {', '.join(arms)}."
        ) from None


def _lab(experiment: Experiment, twin: Twin | None) -> Lab:
    return experiment.lab.over(*twin.overlays) if twin and twin.overlays else experiment.lab


def _substitutes(experiment: Experiment, twin: Twin | None) -> Mapping[object, object]:
    if twin is None:
        return {}
    for old, new in twin.instead.items():
        if type(old) is not type(new):
            raise UsageError(
                f"{twin.where}: the twin {twin.mistake!r} puts a {type(new).__name__.lower()} in place of a "
                f"{type(old).__name__.lower()}"
            )
    return {**twin.instead, **dict(_brought_instead(twin.instead))}


def _brought_instead(instead: Mapping[object, object]) -> Iterator[tuple[Load, Load]]:
    """The loads of a substitute action stand in for those of the action it replaces."""
    for old, new in instead.items():
        if isinstance(old, Action) and isinstance(new, Action):
            yield from zip(old.loads, new.loads, strict=False)


@dataclass(frozen=True)
class _Planner:
    """Resolves every part against one topology.

    Selectors draw by the run's seed and their own words, actions from a stream of their own: neither a further
    load nor a further action changes what another one draws.
    """

    topology: Topology
    names: Names
    instead: Mapping[object, object]
    seed: int
    external: bool = False

    def boot(self, actions: Iterable[Action], length: int) -> Iterator[PlannedEntry]:
        for index, original in enumerate(actions):
            action = self._actual(original)
            if action.longest < length and not action.one_shot:
                raise UsageError(
                    f"{action.where}: {action} may be in force for {show_duration(action.longest)} at most, "
                    f"but boot actions last for the whole run of {show_duration(length)}"
                )
            entry = self._entry(f"boot/{index}", action, 0, None, action.longest)
            if entry.questions:
                raise UsageError(
                    f"{action.where}: {action} asks whom it is to hit, and before the lab is ready nobody answers",
                    remedy="Name the host, or put the action into the timeline.",
                )
            yield entry

    def timeline(self, entries: Iterable[Entry]) -> Iterator[PlannedEntry]:
        planned = [
            self._entry(f"timeline/{i}", self._actual(entry.action), entry.start, entry.lasting, entry.lasting)
            for i, entry in enumerate(entries)
        ]
        yield from sorted(planned, key=lambda entry: entry.start)

    def loads(self, loads: Iterable[Load], length: int) -> Iterator[PlannedLoad]:
        for original in loads:
            yield self._load(self._actual(original), Span(0, length))

    def brought(self, entries: Iterable[PlannedEntry]) -> Iterator[PlannedLoad]:
        """The loads that arrive while an action is in force."""
        for entry in entries:
            for original in entry.action.loads:
                span = Span(entry.start, entry.start + (entry.lasting or 0))
                yield self._load(self._actual(original), span, entry.name)

    def _load(self, load: Load, span: Span, by: str | None = None) -> PlannedLoad:
        return PlannedLoad(self.names.of(load), load, hosts(load.clients, self.topology, self.seed), span, by)

    def probes(self, probes: Iterable[Probe]) -> Iterator[PlannedProbe]:
        for original in probes:
            probe = self._actual(original)
            if self.external:
                refuse_reading(probe, self.topology.name)
            chosen = hosts(probe.hosts or everything(), self.topology, self.seed)
            read_from = (THIS_MACHINE,) if probe.outside else chosen
            for host in read_from:
                probe.see_that_it_suits(host)
            yield PlannedProbe(self.names.of(probe), probe, read_from)

    def see_that_selectors_match(self, checks: Iterable[Check]) -> None:
        """Resolve what checks select, as judging will: a selector without a match is an error now."""
        for check in checks:
            for selector in (value for value in check.arguments.values() if isinstance(value, Selector)):
                try:
                    self._see_a_match(selector)
                except UsageError as error:
                    raise UsageError(f"{check.where}: {check.kind}: {error.args[0]}", remedy=error.remedy) from None

    def _see_a_match(self, selector: Selector, answers: Answers = NOTHING) -> None:
        """A late target has to match whatever the lab will say."""
        try:
            hosts(selector, self.topology, self.seed, answers)
        except Unanswered as missing:
            for host in self._candidates(missing.question):
                self._see_a_match(selector, {**answers, missing.question.text: (host.name,)})

    def _candidates(self, question: Question) -> tuple[HostInfo, ...]:
        return hosts(question.candidates, self.topology, self.seed)

    def _entry(
        self, stream: str, action: Action, start: int, lasting: int | None, in_force: int | None
    ) -> PlannedEntry:
        def steps_for(answers: Answers) -> tuple[Step, ...]:
            return action.steps(Planning(self.topology, self._rng(stream), in_force or 0, answers, self.seed))

        if self.external:
            refuse_selectors(action, self.topology.name)
        entry = planned_entry(self.names.of(action), action, start, lasting, steps_for, self._candidates)
        if not entry.steps and not action.loads:
            raise UsageError(f"{action.where}: {action} comes to no step on lab {self.topology.name}")
        if self.external:
            refuse_hosts(action, entry.targets, self.topology.name)
        return entry

    def _actual(self, original: T) -> T:
        return cast(T, self.instead.get(original, original))

    def _rng(self, stream: str) -> random.Random:
        return random.Random(f"{self.seed}/{stream}")
