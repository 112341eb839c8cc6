"""Exit statuses: of several the worst, where 3 > 1 > 2 > 0."""

from __future__ import annotations

import itertools

import pytest

from chaoskit.cli.status import ERROR, FAIL, PASS, UNKNOWN, worst

ORDER = (PASS, UNKNOWN, FAIL, ERROR)


@pytest.mark.parametrize(("low", "high"), list(itertools.combinations(ORDER, 2)))
def test_the_worse_one_wins_in_either_order(low: int, high: int) -> None:
    """An error hides a fail, a fail an unknown, an unknown a pass."""
    assert worst([low, high]) == worst([high, low]) == high


def test_nothing_is_a_pass() -> None:
    """Of no experiment there is nothing to complain about."""
    assert worst([]) == PASS
