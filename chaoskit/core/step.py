"""Steps: the units an action is made of. Data first, so that a plan can be printed and undone.

A reversible step goes through four calls, each of which may happen in another process:

    prepare --> journal (fsync) --> do --> confirm ... undo

What `prepare` returns is all that `undo` gets: it is written to the journal before `do` runs,
so whoever reads the journal can undo the step without the process that did it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

from chaoskit.core.host import RunningLab

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
"""What a journal can hold."""

THIS_MACHINE = "this machine"
"""The target of a step that is about no host: a command on the machine chaoskit runs on, for systems elsewhere.

What it did does not end with a lab: it is undone by whoever is left, from the journal if need be.
"""

Prior = Mapping[str, Json]
"""The old values a step will need to undo itself."""


@dataclass(frozen=True)
class Evidence:
    """What shows that a step took effect, read from the lab and never from the load.

    Attributes:
        holds: whether the effect is there.
        what: what was looked at and what it said, for the action log.
        pending: it is not there yet, but under way and bound to come: worth waiting for beyond the usual time.
    """

    holds: bool
    what: str
    pending: bool = False


class Step(Protocol):
    """One change to one host, link or network: a frozen dataclass of JSON-able fields.

    `kind` is the word the journal has for it. `one_shot` steps cannot be undone and say so.
    `on_network` steps live in a host's network namespace: they are done again when the host
    comes back with a new one while the step is in force.
    """

    kind: ClassVar[str]
    one_shot: ClassVar[bool]
    on_network: ClassVar[bool]

    @property
    def target(self) -> str:
        """The host, link or network it changes, or `THIS_MACHINE`."""
        ...

    def describe(self) -> str:
        """One line for plans and the action log: what happens to which target."""
        ...

    def prepare(self, lab: RunningLab) -> Prior:
        """Read what `undo` will need; changes nothing.

        Raises:
            StepError: the step cannot be done on this lab as it is.
        """
        ...

    def do(self, lab: RunningLab, prior: Prior) -> None:
        """Make the change.

        Raises:
            StepError: it could not be made.
        """
        ...

    def confirm(self, lab: RunningLab, prior: Prior) -> Evidence:
        """Look whether the change is in effect; asked again until it is or its time is up."""
        ...

    def undo(self, lab: RunningLab, prior: Prior) -> None:
        """Restore what `prepare` read. Doing it twice, or without `do`, changes nothing more.

        Raises:
            StepError: it could not be restored.
        """
        ...


@runtime_checkable
class Wide(Protocol):
    """What a step may be as well: it changes more than its target, such as the host that something is moved to."""

    @property
    def further(self) -> Sequence[str]:
        """The other hosts, links and networks it changes."""
        ...


@runtime_checkable
class Perishable(Protocol):
    """What a step may be as well: its effect is a process's and ends with it, so that it can end before its undo."""

    def ended(self, prior: Prior) -> str:
        """How its effect ended though nobody undid it; empty while it lasts, and before `do`."""
        ...


def targets(step: Step) -> tuple[str, ...]:
    """Everything a step changes, its target first."""
    return (step.target, *(step.further if isinstance(step, Wide) else ()))
