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
from chaoskit.core.load import Load
from chaoskit.core.names import Names
from chaoskit.core.probe import Probe
from chaoskit.core.selector import Selector, everything, hosts
from chaoskit.core.step import Step
from chaoskit.core.suggest import did_you_mean
from chaoskit.core.topology import PROTECTED, HostInfo, Topology
from chaoskit.core.units import duration, show_duration
from chaoskit.engine.found import Found
from chaoskit.engine.overlap import refuse_overlaps
from chaoskit.labs.load import load_lab
from chaoskit.labs.spec import LabSpec

T = TypeVar("T")


@dataclass(frozen=True)
class PlannedEntry:
    """One action of the timeline, or of boot, made concrete.

    Attributes:
        action: the one that acts in this arm: the twin's substitute where it has one.
        start: ns after the run's origin; 0 for boot, which is before it.
        lasting: ns until it is undone; None for a one-shot action, and for boot (undone at the end).
        targets: the hosts, links and networks its steps change, once each, in the order of the steps.
    """

    name: str
    action: Action
    steps: tuple[Step, ...]
    start: int
    lasting: int | None
    targets: tuple[str, ...]

    @property
    def one_shot(self) -> bool:
        """Whether it cannot be undone."""
        return self.action.one_shot


@dataclass(frozen=True)
class PlannedLoad:
    """A load and the hosts it comes from.

    Attributes:
        load: the one driven in this arm: the twin's substitute where it has one.
    """

    name: str
    load: Load
    clients: tuple[HostInfo, ...]


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


def make_plan(found: Found, *, arm: str = GUARDED, seed: int = 0, driver: str = "native") -> Plan:
    """Plan one arm; reads the lab's files and touches nothing.

    Raises:
        UsageError: there is no such arm, the experiment does not run on the driver, a selector
            matches nothing, or an action would hit a protected host.
        LabError: the lab cannot be read.
    """
    experiment = found.experiment
    twin = _twin(found, arm)
    if driver not in experiment.drivers:
        raise UsageError(
            f"{found.id} does not run on the {driver} driver", remedy=f"It runs on: {', '.join(experiment.drivers)}."
        )
    instead = _substitutes(experiment, twin)
    spec = load_lab(_lab(experiment, twin))
    names = found.names.alias(instead)
    planner = _Planner(spec.topology, names, instead, seed)
    checks = tuple((names.of(check), check) for check in (*experiment.checks, *(twin.checks if twin else ())))
    steady = (names.of(experiment.steady), experiment.steady) if experiment.steady else None
    guards = tuple((names.of(guard), guard) for guard in experiment.guards)
    judging = [check for _, check in (*checks, *([steady] if steady else []))]
    planner.see_that_selectors_match([*judging, *(guard.check for guard in experiment.guards)])
    boot = tuple(planner.boot(experiment.boot, experiment.length))
    entries = tuple(planner.timeline(experiment.timeline))
    refuse_overlaps((*boot, *entries))
    return Plan(
        found,
        arm,
        twin,
        seed,
        driver,
        spec,
        names,
        experiment.length,
        duration(experiment.quiet),
        boot,
        entries,
        tuple(planner.loads(experiment.loads)),
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
    return twin.instead


@dataclass(frozen=True)
class _Planner:
    """Resolves every part against one topology; each part draws from a stream of its own.

    A stream of its own a part means that a further load or action changes no other one's picks.
    """

    topology: Topology
    names: Names
    instead: Mapping[object, object]
    seed: int

    def boot(self, actions: Iterable[Action], length: int) -> Iterator[PlannedEntry]:
        for index, original in enumerate(actions):
            action = self._actual(original)
            if action.longest < length and not action.one_shot:
                raise UsageError(
                    f"{action.where}: {action} may be in force for {show_duration(action.longest)} at most, "
                    f"but boot actions last for the whole run of {show_duration(length)}"
                )
            yield self._entry(f"boot/{index}", action, 0, None, action.longest)

    def timeline(self, entries: Iterable[Entry]) -> Iterator[PlannedEntry]:
        planned = [
            self._entry(f"timeline/{i}", self._actual(entry.action), entry.start, entry.lasting, entry.lasting)
            for i, entry in enumerate(entries)
        ]
        yield from sorted(planned, key=lambda entry: entry.start)

    def loads(self, loads: Iterable[Load]) -> Iterator[PlannedLoad]:
        for index, original in enumerate(loads):
            load = self._actual(original)
            yield PlannedLoad(self.names.of(load), load, hosts(load.clients, self.topology, self._rng(f"load/{index}")))

    def probes(self, probes: Iterable[Probe]) -> Iterator[PlannedProbe]:
        for index, original in enumerate(probes):
            probe = self._actual(original)
            chosen = hosts(probe.hosts or everything(), self.topology, self._rng(f"probe/{index}"))
            yield PlannedProbe(self.names.of(probe), probe, chosen)

    def see_that_selectors_match(self, checks: Iterable[Check]) -> None:
        """Resolve what checks select, as judging will: a selector without a match is an error now."""
        for check in checks:
            for selector in (value for value in check.arguments.values() if isinstance(value, Selector)):
                try:
                    hosts(selector, self.topology, random.Random(self.seed))
                except UsageError as error:
                    raise UsageError(f"{check.where}: {check.kind}: {error.args[0]}", remedy=error.remedy) from None

    def _entry(
        self, stream: str, action: Action, start: int, lasting: int | None, in_force: int | None
    ) -> PlannedEntry:
        steps = action.steps(Planning(self.topology, self._rng(stream), in_force or 0))
        if not steps:
            raise UsageError(f"{action.where}: {action} comes to no step on lab {self.topology.name}")
        targets = tuple(dict.fromkeys(step.target for step in steps))
        self._spare_protected(action, targets)
        return PlannedEntry(self.names.of(action), action, steps, start, lasting, targets)

    def _actual(self, original: T) -> T:
        return cast(T, self.instead.get(original, original))

    def _spare_protected(self, action: Action, targets: tuple[str, ...]) -> None:
        for target in targets:
            host = self.topology.by_name.get(target.partition("/")[0])
            if host and host.labels.get(PROTECTED, "").lower() in ("true", "1", "yes"):
                raise UsageError(
                    f"{action.where}: {action} would hit {host.name}, which is protected",
                    remedy=f"Leave it out of the selector, or remove the label {PROTECTED} from the Compose file.",
                )

    def _rng(self, stream: str) -> random.Random:
        return random.Random(f"{self.seed}/{stream}")
