"""Actions: changes to the lab at a point of the timeline. An action plans, it does not act.

@action(longest="10m")
def crash(plan: Planning, hosts: Selector) -> Iterable[Step]:
'''Kill the daemon of each host; its network stays.'''
return [Signal(host.name, "KILL") for host in plan.hosts(hosts)]

outage = crash(role("service") & region("eu"))     # a value; nothing happens
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Concatenate, Generic, ParamSpec

from chaoskit.core import selector as resolve
from chaoskit.core.bind import bound, without_first
from chaoskit.core.errors import DefinitionError
from chaoskit.core.load import Load
from chaoskit.core.selector import Answers, Selector
from chaoskit.core.step import Step
from chaoskit.core.topology import HostInfo, Link, Network, Topology
from chaoskit.core.units import Duration, duration
from chaoskit.core.where import Where, caller

P = ParamSpec("P")


@dataclass(frozen=True)
class Planning:
    """What an action may look at while it plans: the lab as data, and the run's seed.

    Attributes:
        lasting: how long the action will be in force, in ns; kernel timeouts are set from it.
        answers: what the lab has said to the questions of late targets.
        seed: the run's; selectors draw by it, `rng` is the action's own stream.
    """

    topology: Topology
    rng: random.Random
    lasting: int
    answers: Answers = field(default_factory=dict)
    seed: int = 0

    def hosts(self, selector: Selector) -> tuple[HostInfo, ...]:
        """The hosts a selector means; an empty match is an error."""
        return resolve.hosts(selector, self.topology, self.seed, self.answers)

    def networks(self, selector: Selector) -> tuple[Network, ...]:
        """The networks a selector means; an empty match is an error."""
        return resolve.networks(selector, self.topology, self.seed, self.answers)

    def links(self, selector: Selector) -> tuple[Link, ...]:
        """The links a selector means; an empty match is an error."""
        return resolve.links(selector, self.topology, self.seed, self.answers)


@dataclass(frozen=True, eq=False)
class Action:
    """A planned change, bound to its arguments.

    Attributes:
        kind: the name of the function that plans it.
        arguments: as given, for plans and reports.
        longest: ns after which the keeper undoes it, whatever else happens.
        one_shot: it cannot be undone (a reset, a stale segment) and is not asked to be.
        label: its name in reports; by default that of the variable that holds it.
    """

    kind: str
    arguments: Mapping[str, object]
    steps: Callable[[Planning], tuple[Step, ...]]
    longest: int
    one_shot: bool
    where: Where
    label: str | None = None

    def named(self, label: str) -> Action:
        """The same action under a name of its own."""
        return replace(self, label=label)

    @property
    def loads(self) -> tuple[Load, ...]:
        """The loads it was given: they arrive while it is in force."""
        return tuple(value for value in self.arguments.values() if isinstance(value, Load))

    def __str__(self) -> str:
        # As its author would write it: the first argument by position, nothing said of what is empty.
        given = [
            f"{f'{key}=' if number else ''}{_shown(value)}"
            for number, (key, value) in enumerate(self.arguments.items())
            if value not in (None, ())
        ]
        return f"{self.kind}({', '.join(given)})"


def _shown(value: object) -> str:
    return value.called if isinstance(value, Load) else repr(value) if type(value) is str else str(value)


class ActionKind(Generic[P]):
    """What `@action` makes of a planning function: calling it binds arguments."""

    def __init__(
        self, plan: Callable[Concatenate[Planning, P], Iterable[Step]], longest: int, *, one_shot: bool
    ) -> None:
        functools.update_wrapper(self, plan)
        self.plan = plan
        self.longest = longest
        self.one_shot = one_shot
        self.name = plan.__name__
        self.signature = without_first(plan)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Action:
        """Bind the arguments; nothing is planned and nothing happens."""
        return Action(
            self.name,
            bound(self.name, self.signature, args, kwargs),
            lambda planning: tuple(self.plan(planning, *args, **kwargs)),
            self.longest,
            self.one_shot,
            caller(),
        )


def action(
    *, longest: Duration, one_shot: bool = False
) -> Callable[[Callable[Concatenate[Planning, P], Iterable[Step]]], ActionKind[P]]:
    """Declare an action: reversible unless `one_shot`, undone by the keeper after `longest`."""
    return lambda plan: ActionKind(plan, duration(longest), one_shot=one_shot)


@dataclass(frozen=True, eq=False)
class Entry:
    """One line of a timeline.

    Attributes:
        start: ns after the run's origin.
        lasting: ns until it is undone; None for a one-shot action.
    """

    start: int
    action: Action
    lasting: int | None
    where: Where = field(default_factory=caller)


def at(start: Duration, what: Action, *, lasting: Duration | None = None) -> Entry:
    """Fire an action at a time; a reversible one is undone after `lasting`, or its longest duration.

    Raises:
        DefinitionError: `lasting` was given for an action that cannot be undone.
    """
    if what.one_shot:
        if lasting is not None:
            raise DefinitionError(
                f"{caller()}: {what.kind} is one-shot and cannot be undone after {lasting}",
                remedy="Leave out lasting=, or use a reversible action.",
            )
        return Entry(duration(start), what, None, caller())
    span = what.longest if lasting is None else duration(lasting)
    return Entry(duration(start), what, span, caller())
