"""Counts of a load."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.core.units import NS
from chaoskit.engine.loading.tally import MOST_BINS, Tally
from tests.engine.loading.results import batch

Parts = list[tuple[list[int], Outcome, int]]


@given(
    st.lists(st.tuples(st.lists(st.integers(0, 10**6), max_size=20), st.sampled_from(OUTCOMES), st.integers(0, 3 * NS)))
)
def test_everything_is_counted_once_in_each_way(parts: Parts) -> None:
    """As a whole, in bins, by outcome, as latency of a success; also what arrives after the last bin."""
    tally = Tally(2 * NS)
    for took, outcome, at in parts:
        tally.add(batch(took, outcome, at=at))
    count = sum(len(took) for took, _, _ in parts)
    good = [us for took, outcome, _ in parts if outcome is Outcome.OK for us in took]
    assert tally.whole.total == tally.outcomes.sum() == tally.whole.lags.total == count
    assert sum(tally.whole.by_class().values()) == count
    assert tally.whole.succeeded == tally.latencies.sum() == tally.whole.latencies.total == len(good)
    assert tally.whole.longest == max(good, default=0)
    assert np.array_equal(tally.latencies.sum(axis=0), tally.whole.latencies.counts)


def test_what_was_looked_at_is_not_recent_any_more() -> None:
    """Each request is in exactly one look, and in the whole."""
    tally = Tally(NS)
    tally.add(batch([1, 2, 3]))
    assert tally.recent().total == 3
    tally.add(batch([4]))
    assert tally.recent().total == 1
    assert tally.recent().total == 0
    assert tally.whole.total == 4


def test_a_request_is_in_the_bin_of_its_intended_start() -> None:
    """A load of 150 s has bins of a second."""
    tally = Tally(MOST_BINS * NS)
    tally.add(batch([5], at=7 * NS + 1))
    assert tally.outcomes[:, 0].nonzero()[0].tolist() == [7]
