"""Counts as they travel between processes."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.loads.histogram import Histogram
from chaoskit.loads.statistics import Cell
from chaoskit.loads.tally import packed, unpacked


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 3), st.integers(0, 100)),
        st.tuples(
            st.lists(st.integers(0, 2**31 - 1), min_size=1), st.dictionaries(st.integers(1, 9), st.integers(1, 9))
        ),
        max_size=5,
    )
)
def test_counts_survive_json(told: dict[tuple[int, int], tuple[list[int], dict[int, int]]]) -> None:
    """Loads, seconds, every bucket and every failure."""
    cells = {}
    for key, (latencies, failures) in told.items():
        histogram = Histogram()
        histogram.add(np.array(latencies))
        cells[key] = Cell(histogram, failures)
    back = unpacked(json.loads(json.dumps(packed(cells))))
    assert back.keys() == cells.keys()
    for key, cell in cells.items():
        assert np.array_equal(back[key].latencies.counts, cell.latencies.counts)
        assert back[key].failures == cell.failures
