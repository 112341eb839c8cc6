from __future__ import annotations

import numpy as np
import pytest

from chaoskit.core.units import NS
from chaoskit.report.model.bins import Bins
from chaoskit.report.model.counters import MOST, counters
from chaoskit.testing import readings

SECONDS = Bins(NS, 30 * NS)


def test_a_counter_is_shown_by_how_fast_it_grows() -> None:
    """Twenty a second from 5 s to 10 s, nothing before and after."""
    grows = readings("tcp", "a", lambda t: {"RetransSegs": round((min(max(t, 5), 10) - 5) * 20)}, every="100ms")
    (line,) = counters(grows, SECONDS).shown
    assert line.rate
    assert line.total == 100
    assert line.values[4] == pytest.approx(0.0)
    assert line.values[7] == pytest.approx(20.0)
    assert line.values[12] == pytest.approx(0.0)


def test_a_gauge_is_shown_as_it_is() -> None:
    """A number that falls is no counter."""
    (line,) = counters(readings("queue", "a", lambda t: {"depth": 30 - t}, every="100ms"), SECONDS).shown
    assert not line.rate
    assert line.values[10] == pytest.approx(19.5)


def test_before_the_first_reading_nothing_is_drawn() -> None:
    """A probe that starts late says nothing about the time before."""
    late = readings("tcp", "a", lambda t: {"n": round(t * 10)}, start=10, seconds=10, every="100ms")
    (line,) = counters(late, SECONDS).shown
    assert np.isnan(line.values[:10]).all()
    assert np.isnan(line.values[21:]).all()
    assert not np.isnan(line.values[10:19]).any()


def test_numbers_that_never_move_are_not_shown() -> None:
    """Hundreds of counters of a host are mostly silent."""
    assert counters(readings("tcp", "a", {"InErrs": 0, "Established": 7}), SECONDS).shown == ()


def test_the_most_remarkable_lines_come_first_and_the_others_are_counted() -> None:
    """A counter that leaps is worth more than those that grow evenly."""
    even = {f"even{i}": i + 1 for i in range(MOST + 3)}
    said = readings("tcp", "a", lambda t: {**{k: round(t * v) for k, v in even.items()}, "leap": 900 * (t > 20)})
    found = counters(said, SECONDS)
    assert found.shown[0].name == "leap"
    assert (len(found.shown), found.further) == (MOST, 4)
