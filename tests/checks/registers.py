"""Histories of a register, written down, drawn, and judged by trying every order."""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import strategies as st

from chaoskit.checks.register import READ, WRITE, Operation


def written(value: str, start: int, end: int | None = None, who: str = "") -> Operation:
    """A write; without an end one of unknown effect."""
    return Operation(WRITE, value, start, end, who)


def was_read(value: str, start: int, end: int, who: str = "") -> Operation:
    """A read."""
    return Operation(READ, value, start, end, who)


def has_order(operations: Sequence[Operation], initial: str | None) -> bool:
    """Whether some order of all operations explains them, by trying all: for a handful of them."""
    sure = [op for op in operations if op.end is not None]
    if not sure:
        return True
    soonest = min(op.end for op in sure if op.end is not None)
    for op in operations:
        if op.start > soonest or (op.is_read and op.value != initial):
            continue
        rest = [other for other in operations if other is not op]
        if has_order(rest, op.value):
            return True
    return False


@st.composite
def explained(draw: st.DrawFn, most: int = 12, values: int | None = None) -> list[Operation]:
    """A history that has an order: operations take effect at 10, 20, 30, ..., and last a while around that."""
    value, operations = "", []
    for number in range(draw(st.integers(1, most))):
        moment = (number + 1) * 10
        start, end = moment - draw(st.integers(0, 60)), moment + draw(st.integers(0, 60))
        kind = draw(st.sampled_from(["write", "read", "read", "uncertain", "lost"]))
        fresh = f"v{number}" if values is None else f"v{draw(st.integers(1, values))}"
        if kind == "read":
            operations.append(was_read(value, start, end))
        elif kind == "lost":
            operations.append(written(fresh, start))
        else:
            value = fresh
            operations.append(written(value, start, None if kind == "uncertain" else end))
    return operations


@st.composite
def arbitrary(draw: st.DrawFn, unique: bool) -> list[Operation]:
    """A history that may or may not have an order: up to seven operations on few values."""
    operations = []
    for number in range(draw(st.integers(1, 7))):
        start = draw(st.integers(0, 20))
        end = start + draw(st.integers(0, 10))
        if draw(st.booleans()):
            operations.append(was_read(f"v{draw(st.integers(0, 6 if unique else 2))}", start, end))
        else:
            value = f"v{number}" if unique else f"v{draw(st.integers(0, 2))}"
            operations.append(written(value, start, draw(st.sampled_from([end, end, None]))))
    return operations


def long_history(
    total: int, at_once: int, *, unsure: float = 0.0, distinct: int | None = None, seed: int = 1
) -> list[Operation]:
    """A history with an order, of so many operations of which so many are under way at once; half are writes.

    Args:
        total: operations.
        at_once: how many are under way on average.
        unsure: share of writes of unknown effect, half of which took effect.
        distinct: how many values there are; by default each write has its own.
        seed: of the draws.
    """
    rng = random.Random(seed)
    value, operations = "initial", []
    for number in range(total):
        moment = number * 1_000
        start, end = (moment - rng.randrange(at_once * 1_000), moment + rng.randrange(at_once * 1_000))
        if rng.random() < 0.5:
            operations.append(was_read(value, start, end))
            continue
        fresh = f"v{number if distinct is None else rng.randrange(distinct)}"
        lost = rng.random() < unsure
        if not lost or rng.random() < 0.5:
            value = fresh
        operations.append(written(fresh, start, None if lost else end))
    return operations
