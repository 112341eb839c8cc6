"""The timetable: every planned moment of a run in order, as data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from chaoskit.core.units import NS
from chaoskit.engine.entries import PlannedEntry

STEADY_BEFORE = NS // 10
"""How long before the first fault the steady state is judged: what is in flight then is not counted."""


class Turn(IntEnum):
    """What is done at a moment; the order is that of moments that coincide."""

    END = 0
    STEADY = 1
    BEGIN = 2
    FINISH = 3


@dataclass(frozen=True)
class Due:
    """One planned moment.

    Attributes:
        t: ns since the origin.
        entry: what begins or ends; None for the other turns.
    """

    t: int
    turn: Turn
    entry: PlannedEntry | None = None


def timetable(entries: Iterable[PlannedEntry], length: int, *, steady: bool) -> tuple[Due, ...]:
    """Begins, ends, the judgement of the steady state before the first of them, and the end of the run."""
    due = [Due(length, Turn.FINISH)]
    for entry in entries:
        due.append(Due(entry.start, Turn.BEGIN, entry))
        if entry.lasting is not None:
            due.append(Due(entry.start + entry.lasting, Turn.END, entry))
    begins = [one.t for one in due if one.turn is Turn.BEGIN]
    if steady and begins:
        due.append(Due(max(0, min(begins) - STEADY_BEFORE), Turn.STEADY))
    return tuple(sorted(due, key=lambda one: (one.t, one.turn)))
