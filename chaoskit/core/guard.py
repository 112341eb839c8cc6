"""Guards: conditions that stop a run while it is going."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from chaoskit.core.check import Check
from chaoskit.core.units import Duration, duration
from chaoskit.core.where import Where, caller


@dataclass(frozen=True, eq=False)
class Guard:
    """A check that is asked again and again of the last part of the history; when it fails, the run stops.

    Attributes:
        over: ns of history it looks at, from now back.
    """

    check: Check
    over: int
    label: str | None = None
    where: Where = field(default_factory=caller)

    def named(self, label: str) -> Guard:
        """The same guard under a name of its own; otherwise it has that of its check."""
        return replace(self, label=label)

    @property
    def kind(self) -> str:
        """What it is called when it has no name of its own: after its check."""
        return self.check.kind


def stop_unless(check: Check, *, over: Duration = "5s") -> Guard:
    """Undo everything and stop the load as soon as `check` fails over the last `over`.

    An unknown (too few samples yet) does not trip it.
    """
    return Guard(check, duration(over), check.label, caller())
