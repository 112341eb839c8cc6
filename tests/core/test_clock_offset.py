"""The offset of another machine's clock, by round trips."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.clock_offset import DRIFT, RoundTrip, measured
from chaoskit.core.errors import UsageError
from chaoskit.core.units import NS

_WAY = st.integers(0, 50_000_000)


def _trip(lead: int, sent: int, there: int, spent: int, back: int) -> RoundTrip:
    """A round trip to a clock that leads by `lead`."""
    received = sent + there + lead
    return RoundTrip(sent, received, received + spent, sent + there + spent + back)


@given(st.integers(-(10**17), 10**17), st.lists(st.tuples(_WAY, _WAY, _WAY), min_size=1, max_size=8))
def test_the_true_offset_is_always_within_the_bound(lead: int, ways: list[tuple[int, int, int]]) -> None:
    """However uneven the two ways are, and however far apart the clocks."""
    found = measured(_trip(lead, 10**15 + i * NS, *way) for i, way in enumerate(ways))
    assert abs(found.offset - lead) <= found.bound
    assert found.bound <= min(there + back for there, _, back in ways) // 2 + 1


def test_even_ways_give_the_offset_exactly() -> None:
    """The example of RFC 5905's section 8: half of both differences; time spent at the other end counts for nothing."""
    trip = _trip(7_000, 100, 2_000, 55_000, 2_000)
    assert (trip.offset, trip.delay) == (7_000, 4_000)


def test_the_quickest_round_trip_is_believed() -> None:
    """One that waited in a queue on its way back is off by half of that, and is not averaged in."""
    slow, quick = _trip(0, 0, 1_000, 0, 9_000_000), _trip(0, NS, 1_000, 0, 1_000)
    assert measured([slow, quick]) == measured([quick])
    assert measured([quick]).offset == 0


def test_the_doubt_grows_with_the_time_since_it_was_measured() -> None:
    """Both clocks may drift by 15 ppm, in either direction: 30 µs a second, before and after."""
    found = measured([_trip(0, 0, 1_000, 0, 1_000)])
    assert found.error_at(found.at) == found.bound
    assert found.error_at(found.at + NS) == found.error_at(found.at - NS) == found.bound + round(2 * DRIFT * NS)


@pytest.mark.parametrize("trip", [(0, 5, 4, 10), (10, 5, 6, 9), (0, 5, 25, 10)])
def test_a_round_trip_that_cannot_be_is_refused(trip: tuple[int, int, int, int]) -> None:
    """Answered before it was received, returned before it was sent, longer at the other end than away."""
    with pytest.raises(UsageError, match="no round trip takes"):
        RoundTrip(*trip)


def test_without_a_round_trip_nothing_is_known() -> None:
    """No offset is made up."""
    with pytest.raises(UsageError, match="without a round trip"):
        measured([])
