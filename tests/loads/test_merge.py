"""Several workers' rows on one clock."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.clock_offset import ClockCourse, ClockOffset
from chaoskit.core.history import Requests, concatenate
from chaoskit.core.units import NS
from chaoskit.loads.merge import Merge, Share
from chaoskit.testing import rows

_LEAD = st.integers(-(10**15), 10**15)


def _steady(lead: int, bound: int, at: int) -> ClockCourse:
    return ClockCourse((ClockOffset(lead, bound, at, drift=0),))


def _in_parts(table: Requests, size: int) -> list[Requests]:
    return [table.take(np.arange(at, min(at + size, len(table)))) for at in range(0, len(table), size)]


@given(
    st.lists(st.tuples(_LEAD, st.integers(0, 10**12), st.integers(0, 40)), min_size=1, max_size=4), st.integers(1, 9)
)
def test_every_row_is_there_at_its_true_moment(workers: list[tuple[int, int, int]], size: int) -> None:
    """Whatever each clock shows, each worker counts from and its parts hold, rows lie where they were, in order."""
    shares, expected = [], []
    for number, (lead, origin, count) in enumerate(workers):
        table = rows(f"load-{number}", at=np.arange(count) / 4, latency="5ms")
        expected += (table.intended + origin).tolist()
        clock = _steady(lead, 100, origin + lead)
        shares.append(Share(f"w{number}", _in_parts(table, size), origin + lead, clock))
    whole = concatenate(list(Merge(shares, origin=0).tables()))
    assert sorted(whole.intended.tolist()) == sorted(expected)
    assert (np.diff(whole.ended) >= 0).all()
    assert {whole.load[i] for i in range(len(whole))} == {f"load-{i}" for i, (*_, n) in enumerate(workers) if n}


def test_no_more_than_a_part_of_each_worker_is_at_hand() -> None:
    """What is merged is handed on before the next part is read: the memory of a long run is that of a short one."""
    read: list[int] = []

    def parts(worker: int) -> object:
        for number in range(50):
            read.append(worker)
            yield rows("load", at=number + np.arange(10) / 10, latency="1ms")

    given_out = 0
    for table in Merge([Share("a", parts(0), 0), Share("b", parts(1), 0)], origin=0).tables():  # type: ignore[arg-type]
        given_out += len(table)
        assert len(read) * 10 - given_out <= 2 * 10
    assert given_out == 1000


def test_a_worker_with_next_to_nothing_to_do_holds_up_nobody() -> None:
    """Two rows an hour apart lie around thousands of parts of another worker's."""
    busy = [rows("load", at=[float(second)], latency="1ms") for second in range(1, 3000)]
    rare = [rows("load", at=[0, 3600], latency="1ms")]
    whole = concatenate(list(Merge([Share("busy", busy, 0), Share("rare", rare, 0)], origin=0).tables()))
    assert whole.intended.tolist() == [0, *(second * NS for second in range(1, 3000)), 3600 * NS]


def test_lengths_of_time_are_not_touched() -> None:
    """A latency is the difference of two readings of one clock: its offset cancels out."""
    table = rows("load", at=[0, 1], latency="7ms", connect=3, lag=40)
    (whole,) = Merge([Share("w", [table], 0, _steady(5 * NS, 10, 0))], origin=-9 * NS).tables()
    assert whole.intended.tolist() == [4 * NS, 5 * NS]
    assert (whole.end.tolist(), whole.connect.tolist(), whole.lag.tolist()) == ([7_000] * 2, [3] * 2, [40] * 2)


def test_the_record_says_how_far_off_moments_may_be() -> None:
    """By worker the offset and its bound over all of the rows, drift included; two workers' errors add up."""
    table = [rows("load", at=[0, 1], latency="1ms")]
    near, far = ClockOffset(1_000_000, 50_000, 0), ClockOffset(-2_000_000, 200_000, 0)
    shares = [Share("here", table, 0), *(Share(name, table, 0, ClockCourse((one,))) for name, one in _named(near, far))]
    merged = Merge(shares, origin=0)
    list(merged.tables())
    drift = 2 * 15e-6 * 1.001
    assert merged.clocks["here"] == {"offset_s": 0.0, "error_s": 0.0}
    assert merged.clocks["near"] == pytest.approx({"offset_s": 0.001, "error_s": 0.00005 + drift}, abs=1e-8)
    assert merged.clocks["far"] == pytest.approx({"offset_s": -0.002, "error_s": 0.0002 + drift}, abs=1e-8)
    assert merged.error == pytest.approx(0.00025 + 2 * drift, abs=1e-8)


def _named(near: ClockOffset, far: ClockOffset) -> list[tuple[str, ClockOffset]]:
    return [("near", near), ("far", far)]


def test_of_nobody_there_is_nothing() -> None:
    """No part, and no clocks."""
    merged = Merge([], origin=0)
    assert (list(merged.tables()), dict(merged.clocks), merged.error) == ([], {}, 0)
