"""How far counters rose: things that are counted from some beginning on, of which a probe reads the count.

count   5  5  7  9 | 0  0  2         rises 0 2 2, then it began anew: at least 4 + 2
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from chaoskit.core.step import Json


@dataclass(frozen=True)
class Rise:
    """How far a counter rose.

    Attributes:
        amount: what it surely rose by: from reading to reading, where it rose.
        problem: why it may have risen further; empty where there is no reason to think so.
    """

    amount: float
    problem: str = ""


def rise(values: Sequence[Json]) -> Rise:
    """How far a counter rose from the first of its values to the last.

    Nothing is known without two of them, nor of what it counted last before it began anew.

    Raises:
        TypeError: one is no number.
    """
    counts = [number(value) for value in values]
    amount = sum(step(old, now) for old, now in pairwise(counts))
    if len(counts) < _FEWEST:
        return Rise(amount, "no two readings")
    fell = next(((old, now) for old, now in pairwise(counts) if now < old), None)
    return Rise(amount, f"it fell from {fell[0]:g} to {fell[1]:g}, so it began anew" if fell else "")


def step(old: float, now: float) -> float:
    """How far a counter surely rose from one reading to the next: not at all where it fell."""
    return max(0, now - old)


def number(value: Json) -> float:
    """A number of a reading; true counts 1.

    Raises:
        TypeError: it is none, so that the check is unknown and says what it met.
    """
    if isinstance(value, int | float):
        return int(value) if isinstance(value, bool) else value
    raise TypeError(f"{value!r} is no number")


_FEWEST = 2
