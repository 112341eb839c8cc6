from __future__ import annotations

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.report.charts.latency import heat_levels
from chaoskit.report.charts.panel import area, line


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_an_area_has_a_step_a_bin_and_closes(upper: list[float]) -> None:
    """Its upper edge visits every bin at its value, and its coordinates stay in the drawing."""
    path = area(np.zeros(len(upper)), np.array(upper), "red")
    if not any(upper):
        assert path == ""
        return
    numbers = [float(n) for n in re.findall(r"-?[\d.]+", re.sub(r"fill=.*", "", path))]
    assert all(0 <= n <= max(100, len(upper)) for n in numbers)
    steps = re.findall(r"L(\d+) ([\d.]+)H(\d+)", path)[: len(upper)]
    assert [int(start) for start, _, _ in steps] == list(range(len(upper)))
    assert np.allclose([float(y) for _, y, _ in steps], 100 - 100 * np.array(upper), atol=0.01)


def test_a_line_breaks_where_there_is_no_value() -> None:
    """A gap is a gap; a lone value is still drawn."""
    path = line(np.array([0.5, np.nan, 0.25, 0.75]), "red")
    assert 'd="M0.5 50M2.5 75L3.5 25h.01"' in path
    assert line(np.array([np.nan]), "red") == ""


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=40))
def test_every_cell_that_holds_a_request_can_be_seen(counts: list[int]) -> None:
    """One request in a million still has a level above zero, and none has none; more is never paler."""
    levels = heat_levels(np.array([counts])).ravel()
    assert ((levels > 0) == (np.array(counts) > 0)).all()
    assert (np.diff(levels[np.argsort(counts, kind="stable")]) >= 0).all()
    assert levels.max() <= 6
