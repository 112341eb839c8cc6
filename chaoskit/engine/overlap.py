"""Two actions that change the life of one host at the same time: the undo of one would undo the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations
from typing import TYPE_CHECKING

from chaoskit.core.errors import UsageError
from chaoskit.core.step import Step
from chaoskit.core.units import show_duration
from chaoskit.steps.command import Command
from chaoskit.steps.inject import Inject
from chaoskit.steps.power_off import PowerOff

if TYPE_CHECKING:
    from chaoskit.engine.entries import PlannedEntry


def refuse_overlaps(entries: Iterable[PlannedEntry]) -> None:
    """See that no host is, say, frozen and stopped at the same time; faults of its network may add up.

    A command inside of a host counts against what takes its daemon away: it could not be undone there meanwhile.

    Raises:
        UsageError: two actions overlap on a host; the message says where, when and which.
    """
    for first, second in combinations(entries, 2):
        shared = sorted(
            (_lives(first) & _lives(second)) | (_needs(first) & _takes(second)) | (_takes(first) & _needs(second))
        )
        if shared and _meet(first, second):
            raise UsageError(
                f"{second.action.where}: {second.name} and {first.name} are both in force on {shared[0]} at "
                f"{show_duration(max(first.start, second.start))}, and undoing one would undo the other",
                remedy="Let the first end before the second begins, or choose other hosts.",
            )


def _lives(entry: PlannedEntry) -> set[str]:
    """The hosts whose life it changes."""
    return _hosts(entry, lambda step: not step.on_network)


def _takes(entry: PlannedEntry) -> set[str]:
    """The hosts it takes the running daemon from; what is off has forgotten what its processes were told."""
    return _hosts(entry, lambda step: not step.on_network and not isinstance(step, PowerOff | Inject))


def _needs(entry: PlannedEntry) -> set[str]:
    """The hosts that must be running for it to be undone: a command is run inside of them."""
    return _hosts(entry, lambda step: isinstance(step, Command))


def _hosts(entry: PlannedEntry, which: Callable[[Step], bool]) -> set[str]:
    """The targets of such steps, whatever the lab answers; what it may hit is looked at when it fires."""
    each = [choice.steps for choice in entry.choices] or [entry.steps]
    return set.intersection(*({step.target for step in steps if not step.one_shot and which(step)} for steps in each))


def _meet(first: PlannedEntry, second: PlannedEntry) -> bool:
    return first.start < _end(second) and second.start < _end(first)


def _end(entry: PlannedEntry) -> float:
    return entry.start + (float("inf") if entry.lasting is None else entry.lasting)
