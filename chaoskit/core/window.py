"""Windows and the events that bound them: objects, resolved against a history.

outage = crash(role("service") & region("eu"))
failover = window(after=begin(outage), lasting=bound(detection="4s", ttl="2s", margin="1s"))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from chaoskit.core.action import Action
from chaoskit.core.errors import DefinitionError
from chaoskit.core.units import Duration, duration, show_duration
from chaoskit.core.where import Where, caller


class Moment(StrEnum):
    """The moments of an action that a history records."""

    BEGIN = "begin"
    CONFIRMED = "confirmed"
    END = "end"
    """The undo was asked for."""
    UNDONE = "undone"
    """The undo was done."""


@dataclass(frozen=True)
class EventRef:
    """A moment of an action, whenever it will be."""

    action: Action
    moment: Moment


def begin(action: Action) -> EventRef:
    """When the first step of the action is done."""
    return EventRef(action, Moment.BEGIN)


def confirmed(action: Action) -> EventRef:
    """When every step of the action has been seen to be in effect."""
    return EventRef(action, Moment.CONFIRMED)


def end(action: Action) -> EventRef:
    """When the action starts to be undone."""
    return EventRef(action, Moment.END)


def undone(action: Action) -> EventRef:
    """When every step of the action has been undone."""
    return EventRef(action, Moment.UNDONE)


@dataclass(frozen=True)
class Bound:
    """A duration with the parts it is made of, so that `plan` shows the sum.

    Attributes:
        parts: ns by the name of what takes that long.
    """

    parts: Mapping[str, int]

    @property
    def total(self) -> int:
        """The sum, in ns."""
        return sum(self.parts.values())

    def __str__(self) -> str:
        terms = " + ".join(f"{name} {show_duration(ns)}" for name, ns in self.parts.items())
        return f"{show_duration(self.total)} = {terms}" if len(self.parts) > 1 else show_duration(self.total)


def bound(**parts: Duration) -> Bound:
    """What a change may take at most: the sum of named parts, each derived from the configuration."""
    return Bound({name: duration(value) for name, value in parts.items()})


@dataclass(frozen=True, eq=False)
class Window:
    """A span of a run, by the events and durations that bound it.

    Attributes:
        after: where it starts; None for the run's origin.
        before: where it ends; None for the run's end, or `after` + `lasting`.
        delay: ns between `after` and the start.
    """

    after: EventRef | None
    before: EventRef | None
    lasting: Bound | None
    delay: int = 0
    label: str | None = None
    where: Where = field(default_factory=caller)

    def named(self, label: str) -> Window:
        """The same window under a name of its own."""
        return replace(self, label=label)

    @property
    def events(self) -> tuple[EventRef, ...]:
        """The events it refers to."""
        return tuple(event for event in (self.after, self.before) if event)


def window(
    *,
    after: EventRef | None = None,
    before: EventRef | None = None,
    lasting: Bound | Duration | None = None,
    delay: Bound | Duration = 0,
) -> Window:
    """A span of a run; without `after` from the origin, without `before` or `lasting` to the end.

    It starts `delay` after `after`: `window(after=begin(outage), delay=failover, before=end(outage))` is the rest
    of the outage once the bound `failover` has passed.

    Raises:
        DefinitionError: both `before` and `lasting` are given.
    """
    if lasting is not None and before is not None:
        raise DefinitionError(f"{caller()}: a window ends at `before` or after `lasting`, not both")
    span = lasting if isinstance(lasting, Bound) or lasting is None else Bound({"lasting": duration(lasting)})
    wait = delay.total if isinstance(delay, Bound) else duration(delay)
    return Window(after, before, span, wait, None, caller())


@dataclass(frozen=True)
class Span:
    """A resolved window: ns since the run's origin, the end not included."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Nanoseconds."""
        return max(0, self.end - self.start)

    def holds(self, t: int) -> bool:
        """Whether a moment lies inside."""
        return self.start <= t < self.end
