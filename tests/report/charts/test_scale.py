from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.units import NS
from chaoskit.report.charts.scale import Linear, Log, nice_step, nice_top, time_ticks


@given(st.floats(1e-3, 1e9), st.integers(1, 8))
def test_steps_are_round_and_few(top: float, most: int) -> None:
    """An axis is cut into at most so many parts, by 1, 2 or 5 times a power of ten."""
    step = nice_step(top, most)
    assert top / step <= most + 1e-6
    assert f"{step:.6e}"[0] in "125"


@given(st.integers(1, 20 * 3600 * NS))
def test_time_ticks_lie_in_the_run_and_do_not_crowd(length: int) -> None:
    """At most seven of them, the first at zero."""
    ticks = time_ticks(length)
    assert ticks[0] == 0
    assert ticks[-1] <= length
    assert len(ticks) <= 7


def test_thirty_seconds_are_ticked_every_five() -> None:
    """The run of the demo."""
    assert [t // NS for t in time_ticks(30 * NS)] == [0, 5, 10, 15, 20, 25, 30]


def test_a_logarithmic_axis_is_marked_at_powers_of_ten() -> None:
    """And what lies outside is drawn at its nearer end."""
    axis = Log(1e-3, 1.0)
    assert [(tick.text, round(tick.at, 3)) for tick in axis.ticks()] == [
        ("1 ms", 0.0),
        ("10 ms", 0.333),
        ("100 ms", 0.667),
        ("1 s", 1.0),
    ]
    assert (axis.at(1e-9), axis.at(50)) == (0.0, 1.0)


def test_a_linear_axis_starts_at_zero() -> None:
    """Areas would lie otherwise."""
    assert [tick.text for tick in Linear(nice_top(600)).ticks()] == ["0", "500"]
    assert Linear(10).at(5) == pytest.approx(0.5)
