"""How far counters rose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.checks.counter import Rise, rise, step

counts = st.lists(st.integers(0, 1000), max_size=20)


@pytest.mark.parametrize(
    ("values", "amount", "problem"),
    [
        ([], 0, "no two readings"),
        ([7], 0, "no two readings"),
        ([7, 7], 0, ""),
        ([7, 9, 9, 12], 5, ""),
        ([5, 0], 0, "it fell from 5 to 0, so it began anew"),
        ([5, 7, 0, 2], 4, "it fell from 7 to 0, so it began anew"),
        ([False, True], 1, ""),
    ],
)
def test_rises_are_added_up_and_a_fall_is_a_problem(values: list[int], amount: int, problem: str) -> None:
    """From neighbour to neighbour: a fall takes nothing away."""
    assert rise(values) == Rise(amount, problem)


@given(counts)
def test_without_a_fall_it_is_the_last_less_the_first(values: list[int]) -> None:
    """Whatever lies between; with one there is more, and a problem."""
    found = rise(values)
    if len(values) > 1:
        assert bool(found.problem) == (values != sorted(values))
        assert found.amount >= values[-1] - values[0]
    if not found.problem:
        assert found.amount == values[-1] - values[0]


def test_a_step_down_is_no_rise() -> None:
    """Nor a debt."""
    assert (step(3, 8), step(8, 3)) == (5, 0)


def test_what_is_no_number_does_not_count() -> None:
    """The reading has something else."""
    with pytest.raises(TypeError, match="'many' is no number"):
        rise([1, "many"])
