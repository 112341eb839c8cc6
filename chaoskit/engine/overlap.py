"""Two actions that change the life of one host at the same time: the undo of one would undo the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from chaoskit.core.errors import UsageError
from chaoskit.core.step import Step
from chaoskit.core.units import show_duration

if TYPE_CHECKING:
    from chaoskit.engine.entries import PlannedEntry


def refuse_overlaps(entries: Iterable[PlannedEntry]) -> None:
    """See that no host is, say, frozen and stopped at the same time; faults of its network may add up.

    Raises:
        UsageError: two actions overlap on a host; the message says where, when and which.
    """
    for first, second in combinations(entries, 2):
        shared = sorted(_lives(first) & _lives(second))
        if shared and _meet(first, second):
            raise UsageError(
                f"{second.action.where}: {second.name} and {first.name} are both in force on {shared[0]} at "
                f"{show_duration(max(first.start, second.start))}, and undoing one would undo the other",
                remedy="Let the first end before the second begins, or choose other hosts.",
            )


def _lives(entry: PlannedEntry) -> set[str]:
    """The hosts whose life it changes, whatever the lab answers; what it may do is looked at when it fires."""
    each = [choice.steps for choice in entry.choices] or [entry.steps]
    return set.intersection(*(set(_changed(steps)) for steps in each))


def _changed(steps: Iterable[Step]) -> Iterator[str]:
    return (step.target for step in steps if not step.one_shot and not step.on_network)


def _meet(first: PlannedEntry, second: PlannedEntry) -> bool:
    return first.start < _end(second) and second.start < _end(first)


def _end(entry: PlannedEntry) -> float:
    return entry.start + (float("inf") if entry.lasting is None else entry.lasting)
