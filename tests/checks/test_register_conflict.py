"""The operations that contradict each other, where values are written once: found exactly when there is no order."""

import pytest
from hypothesis import given

from chaoskit.checks.register import Operation
from chaoskit.checks.register_conflict import conflict, initial_value
from chaoskit.checks.register_search import search
from tests.checks.registers import arbitrary, explained, was_read, written


@given(arbitrary(unique=True))
def test_there_is_a_conflict_exactly_when_the_search_finds_no_order(operations: list[Operation]) -> None:
    """Two judgements by different means agree."""
    assert bool(conflict(operations, "")) is (search(operations, "", 30).linearizable is False)


@given(explained(most=30))
def test_a_history_with_an_order_has_none(operations: list[Operation]) -> None:
    """Also where many operations overlap."""
    assert conflict(operations, "") == ""


MS = 1_000_000
A_THEN_B = (written("a", 0, 10 * MS, "w"), written("b", 20 * MS, 30 * MS, "w"))
LATE_B = written("b", 10 * MS, 90 * MS, "w")

TOLD = {
    "stale": (
        [*A_THEN_B, was_read("a", 40 * MS, 50 * MS, "r")],
        [
            "r read 'a' (0.040000 to 0.050000 s), although 'b' was there before that began",
            "began: w wrote 'b' (0.020000 to 0.030000 s); and 'b' came after 'a'",
            "'a': w wrote 'a' (0.000000 to 0.010000 s) was over before w wrote 'b' (0.020000 to 0.030000 s) began",
        ],
    ),
    "new, then old": (
        [A_THEN_B[0], LATE_B, was_read("b", 20 * MS, 30 * MS, "r1"), was_read("a", 40 * MS, 50 * MS, "r2")],
        ["r2 read 'a'", "although 'b' was there before that began: r1 read 'b' (0.020000 to 0.030000 s)"],
    ),
    "the first value again": (
        [A_THEN_B[0], was_read("", 20 * MS, 30 * MS, "r")],
        ["r read ''", "although 'a' was there", "and 'a' came after '': '' was there from the first before w wrote"],
    ),
    "before its write": (
        [A_THEN_B[1], was_read("b", 10, 20, "r")],
        ["r read 'b' (0.000000 to 0.000000 s) before it was written: w wrote 'b' (0.020000 to 0.030000 s)"],
    ),
    "never written": ([*A_THEN_B, was_read("x", 20, 30, "r")], ["r read 'x'", "which nobody had written"]),
}


@pytest.mark.parametrize(("operations", "told"), TOLD.values(), ids=TOLD)
def test_the_reason_names_the_read_and_what_it_should_have_seen(operations: list[Operation], told: list[str]) -> None:
    """Who read what when, and the operations that make it impossible."""
    reason = conflict(operations, "")
    assert [part for part in told if part not in reason] == [], reason


def test_values_written_twice_are_left_to_the_search() -> None:
    """Nobody knows then which write a read saw."""
    assert conflict([written("a", 0, 1), written("a", 2, 3), was_read("x", 5, 6)], "") == ""


@pytest.mark.parametrize(
    ("values", "expected"), [(["a"], None), (["old", "a"], "old"), (["old", "older"], None)], ids=str
)
def test_the_one_value_that_nobody_wrote_was_there_before(values: list[str], expected: str | None) -> None:
    """Of two such values nobody knows which, so neither is taken for it."""
    reads = [was_read(value, 10, 20) for value in values]
    assert initial_value([written("a", 0, 1), *reads]) == expected
