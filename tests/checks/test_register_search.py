"""The search for an order of a register's operations: against known histories, and against trying every order."""

import time
from collections.abc import Sequence

import pytest
from hypothesis import given

from chaoskit.checks.register import Operation
from chaoskit.checks.register_search import search
from tests.checks.registers import arbitrary, explained, has_order, long_history, was_read, written


def linearizable(operations: Sequence[Operation], initial: str | None = "") -> bool | None:
    """What the search says, given time enough."""
    return search(operations, initial, 30).linearizable


A_THEN_B = (written("a", 0, 10), written("b", 20, 30))
OVERLAPPING = (written("a", 0, 30), written("b", 10, 20))

KNOWN = {
    "nothing happened": ([], True),
    "a read of the first value": ([was_read("", 0, 5)], True),
    "a read of what was written before": ([*A_THEN_B, was_read("b", 40, 50)], True),
    "a stale read": ([*A_THEN_B, was_read("a", 40, 50)], False),
    "a read of the first value after a write": ([written("a", 0, 10), was_read("", 20, 30)], False),
    "a read beside the write gives the old value": ([*A_THEN_B, was_read("a", 25, 28)], True),
    "a read beside the write gives the new value": ([*A_THEN_B, was_read("b", 25, 28)], True),
    "overlapping writes in one order": ([*OVERLAPPING, was_read("a", 40, 50)], True),
    "overlapping writes in the other order": ([*OVERLAPPING, was_read("b", 40, 50)], True),
    "overlapping writes, both orders": ([*OVERLAPPING, was_read("a", 40, 50), was_read("b", 60, 70)], False),
    "new, then old": ([written("a", 0, 1), written("b", 10, 90), was_read("b", 20, 30), was_read("a", 40, 50)], False),
    "new and old beside each other": (
        [written("a", 0, 1), written("b", 10, 90), was_read("b", 20, 45), was_read("a", 40, 50)],
        True,
    ),
    "a failed write that took effect later": (
        [written("a", 0, 1), written("b", 10), was_read("a", 20, 30), was_read("b", 900, 910)],
        True,
    ),
    "a failed write that never took effect": ([written("a", 0, 1), written("b", 10), was_read("a", 20, 30)], True),
    "a failed write that took effect and did not": (
        [written("a", 0, 1), written("b", 10), was_read("b", 20, 30), was_read("a", 40, 50)],
        False,
    ),
    "a failed write read before it was sent": ([written("a", 50), was_read("a", 10, 20)], False),
    "a value nobody wrote": ([written("a", 0, 10), was_read("x", 20, 30)], False),
    "a value written twice comes again": (
        [*A_THEN_B, was_read("b", 40, 50), written("a", 60, 70), was_read("a", 80, 90)],
        True,
    ),
    "of two values written twice, one order fits": (
        [written("a", 0, 50), written("b", 0, 50), written("a", 0, 50), was_read("b", 60, 70)],
        True,
    ),
    "two failed writes of one value are two": (
        [written("a", 0), written("a", 0), was_read("a", 5, 6), written("b", 10, 11), was_read("a", 20, 21)],
        True,
    ),
    "one failed write of a value is one": (
        [written("a", 0), was_read("a", 5, 6), written("b", 10, 11), was_read("a", 20, 21)],
        False,
    ),
}


@pytest.mark.parametrize(("operations", "expected"), KNOWN.values(), ids=KNOWN)
def test_known_histories(operations: list[Operation], expected: bool) -> None:
    """As anyone can see on paper; trying every order agrees."""
    assert linearizable(operations) is expected
    assert has_order(operations, "") is expected


@given(explained())
def test_a_history_with_an_order_always_passes(operations: list[Operation]) -> None:
    """Whatever overlaps, and whatever failed without or with effect."""
    assert linearizable(operations) is True


@given(explained(values=3))
def test_so_does_one_in_which_values_come_again(operations: list[Operation]) -> None:
    """A write need not have a value of its own."""
    assert linearizable(operations) is True


@given(arbitrary(unique=False))
def test_it_says_what_trying_every_order_says(operations: list[Operation]) -> None:
    """On every small history, with values written several times and writes of unknown effect."""
    assert linearizable(operations, "v0") is has_order(operations, "v0")


@given(arbitrary(unique=True))
def test_it_says_so_of_values_written_once_as_well(operations: list[Operation]) -> None:
    """The case of every experiment here."""
    assert linearizable(operations) is has_order(operations, "")


def test_what_could_not_be_placed_is_named() -> None:
    """The operation that had to have a place when the search had got farthest: a stale read, a read of nothing."""
    stale, strange = was_read("a", 40, 50, "client-2"), was_read("x", 40, 50, "client-3")
    for impossible in (stale, strange):
        found = search([*A_THEN_B, impossible], "", 30)
        assert (found.linearizable, found.stuck) == (False, impossible)
        assert found.placed < 3


def test_a_search_without_time_says_that_it_does_not_know() -> None:
    """Values that come again at a concurrency of 40: too many orders for no time at all."""
    assert search(long_history(4_000, 40, distinct=50), "initial", 0.0).linearizable is None


@pytest.mark.parametrize("unsure", [0.0, 0.3])
def test_ten_thousand_operations_are_judged_in_seconds(unsure: float) -> None:
    """Fifty at once, also with the writes of a partition: a fraction of a second of processor time, of ten allowed."""
    operations = long_history(10_000, 50, unsure=unsure)
    before = time.process_time()
    assert linearizable(operations, "initial") is True
    assert time.process_time() - before < 10
