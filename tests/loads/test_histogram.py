"""The log histogram, with HdrHistogram as the oracle."""

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.loads.histogram import BUCKETS, Histogram, bucket_of, value_of

VALUES = st.integers(0, 2**31 - 1)


@given(VALUES)
def test_a_value_is_off_by_less_than_a_sixtieth(value: int) -> None:
    """The bucket's value is within 1.6 % of the recorded one; below 128 it is exact."""
    bucket = int(bucket_of(np.array([value]))[0])
    assert 0 <= bucket < BUCKETS
    assert abs(value_of(bucket) - value) <= (0 if value < 128 else value * 0.016)


def test_buckets_ascend_without_gaps() -> None:
    """Larger values never fall into lower buckets, and the last bucket is the last value's."""
    values = np.unique(np.concatenate([2**k + np.arange(-2, 3) for k in range(3, 31)]))
    buckets = bucket_of(values)
    assert np.all(np.diff(buckets) >= 0)
    assert [int(bucket_of(np.array([value_of(bucket)]))[0]) for bucket in range(BUCKETS)] == list(range(BUCKETS))
    assert int(bucket_of(np.array([2**31 - 1]))[0]) == BUCKETS - 1


@pytest.mark.parametrize("q", [0.5, 0.9, 0.99, 0.999, 1.0])
def test_quantiles_agree_with_hdrhistogram(q: float) -> None:
    """Of 20,000 log-normal latencies, both histograms name the same quantile within their precision."""
    values = np.random.default_rng(1).lognormal(8, 2, 20_000).astype(np.int64) + 1
    ours, oracle = Histogram(), HdrHistogram(1, 2**31 - 1, 3)
    ours.add(values)
    for value in values.tolist():
        oracle.record_value(min(value, 2**31 - 1))
    assert ours.quantile(q) == pytest.approx(oracle.get_value_at_percentile(q * 100), rel=0.018)


@given(st.lists(VALUES, max_size=50), st.lists(VALUES, max_size=50))
def test_histograms_add_up(left: list[int], right: list[int]) -> None:
    """Two histograms added are the histogram of both."""
    one, other, both = Histogram(), Histogram(), Histogram()
    one.add(np.array(left, np.int64))
    other.add(np.array(right, np.int64))
    both.add(np.array(left + right, np.int64))
    assert np.array_equal((one + other).counts, both.counts)
    assert both.total == len(left) + len(right) == sum(count for _, count in both.filled())


def test_an_empty_histogram_has_no_quantile() -> None:
    """Without values every quantile is 0; values below 0 count as 0."""
    empty = Histogram()
    assert empty.quantile(0.99) == 0
    empty.add(np.array([-5]))
    assert (empty.total, empty.quantile(0.5)) == (1, 0)
