from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.history import no_requests
from chaoskit.core.units import NS
from chaoskit.report.model.bins import MOST, Bins, bins_for
from chaoskit.testing import rows


@given(st.integers(1, 100 * 3600 * NS), st.booleans())
def test_no_run_is_cut_into_more_bins_than_a_chart_has_columns(length: int, busy: bool) -> None:
    """Whatever the length, the bins cover it and there are at most 150."""
    requests = rows(seconds=10, every="1ms") if busy else no_requests()
    bins = bins_for(length, requests)
    assert 1 <= bins.count <= MOST
    assert bins.count * bins.width >= length


def test_a_busy_run_gets_the_narrowest_round_width() -> None:
    """Thirty seconds at 500 a second are cut into 200 ms."""
    assert bins_for(30 * NS, rows(seconds=30, every="2ms")).width == NS // 5


def test_a_sparse_run_gets_wider_bins_but_at_least_thirty() -> None:
    """Thirty seconds at one a second are cut into seconds, not into bins of ten seconds."""
    assert bins_for(30 * NS, rows(seconds=30, every="1s")).width == NS


def test_the_last_bin_counts_only_the_time_it_covers() -> None:
    """A rate in a last bin that is cut short is not too low."""
    assert Bins(2 * NS, 5 * NS).coverage().tolist() == [2.0, 2.0, 1.0]


def test_moments_outside_the_run_fall_into_the_outer_bins() -> None:
    """No request is lost from a chart."""
    assert Bins(NS, 3 * NS).tally(np.array([-5, 0, 7 * NS])).tolist() == [2, 0, 1]
