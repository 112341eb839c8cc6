"""Several workers' rows on one clock."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.clock_offset import ClockOffset
from chaoskit.core.merge import Share, merge
from chaoskit.core.units import NS
from chaoskit.testing import rows

_LEAD = st.integers(-(10**15), 10**15)


@given(st.lists(st.tuples(_LEAD, st.integers(0, 10**12), st.integers(0, 20)), min_size=1, max_size=4))
def test_every_row_is_there_at_its_true_moment(workers: list[tuple[int, int, int]]) -> None:
    """Whatever each clock shows and each worker counts from, rows lie where they were, in order of completion."""
    shares, expected = [], []
    for number, (lead, origin, count) in enumerate(workers):
        table = rows(f"load-{number}", at=np.arange(count) / 4, latency="5ms")
        expected += (table.intended + origin).tolist()
        shares.append(Share(f"w{number}", table, origin + lead, ClockOffset(lead, 100, origin + lead)))
    whole = merge(shares, origin=0).requests
    assert sorted(whole.intended.tolist()) == sorted(expected)
    assert (np.diff(whole.ended) >= 0).all()
    assert {whole.load[i] for i in range(len(whole))} == {f"load-{i}" for i, (*_, n) in enumerate(workers) if n}


def test_lengths_of_time_are_not_touched() -> None:
    """A latency is the difference of two readings of one clock: its offset cancels out."""
    table = rows("load", at=[0, 1], latency="7ms", connect=3, lag=40)
    whole = merge([Share("w", table, 0, ClockOffset(5 * NS, 10, 0))], origin=-9 * NS).requests
    assert whole.intended.tolist() == [4 * NS, 5 * NS]
    assert (whole.end.tolist(), whole.connect.tolist(), whole.lag.tolist()) == ([7_000] * 2, [3] * 2, [40] * 2)


def test_the_record_says_how_far_off_moments_may_be() -> None:
    """By worker the offset and its bound over all of the rows, drift included; two workers' errors add up."""
    table = rows("load", at=[0, 100], latency="1ms")
    near, far = ClockOffset(1_000_000, 50_000, 0), ClockOffset(-2_000_000, 200_000, 0)
    merged = merge([Share("here", table, 0), Share("near", table, 0, near), Share("far", table, 0, far)], origin=0)
    drift = 2 * 15e-6 * 100.001
    assert merged.clocks["here"] == {"offset_s": 0.0, "error_s": 0.0}
    assert merged.clocks["near"] == pytest.approx({"offset_s": 0.001, "error_s": 0.00005 + drift})
    assert merged.clocks["far"] == pytest.approx({"offset_s": -0.002, "error_s": 0.0002 + drift})
    assert merged.error == pytest.approx(0.00025 + 2 * drift)


def test_of_nobody_there_is_nothing() -> None:
    """An empty table with no clocks."""
    merged = merge([], origin=0)
    assert (len(merged.requests), dict(merged.clocks), merged.error) == (0, {}, 0)
