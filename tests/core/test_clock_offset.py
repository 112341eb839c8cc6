"""The offset of another machine's clock, by round trips."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.clock_offset import DRIFT, ClockCourse, ClockOffset, RoundTrip, measured
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
    assert found.error_at(found.at + NS) == found.error_at(found.at - NS) == found.bound + math.ceil(2 * DRIFT * NS)


@pytest.mark.parametrize("trip", [(0, 5, 4, 10), (10, 5, 6, 9), (0, 5, 25, 10)])
def test_a_round_trip_that_cannot_be_is_refused(trip: tuple[int, int, int, int]) -> None:
    """Answered before it was received, returned before it was sent, longer at the other end than away."""
    with pytest.raises(UsageError, match="no round trip takes"):
        RoundTrip(*trip)


def test_without_a_round_trip_nothing_is_known() -> None:
    """No offset is made up."""
    with pytest.raises(UsageError, match="without a round trip"):
        measured([])


@given(
    st.integers(-(10**15), 10**15),
    st.floats(-2 * DRIFT, 2 * DRIFT),
    st.lists(st.tuples(st.integers(0, 600), _WAY, _WAY), min_size=1, max_size=4),
    st.integers(0, 600),
)
def test_several_measurements_bound_a_clock_that_drifts(
    lead: int, drift: float, trips: list[tuple[int, int, int]], second: int
) -> None:
    """The truth at any moment lies within what they say together, which is no more than what the best of them says."""

    def true(moment: int) -> int:
        return lead + round(drift * moment)

    found = [measured([_trip(true(at * NS), at * NS, there, 0, back)]) for at, there, back in trips]
    course, moment = ClockCourse(tuple(found)), second * NS + true(second * NS)
    rounding = 1_000  # and the drift of a drift
    assert abs(course.offset_at(moment) - true(second * NS)) <= course.error_at(moment) + rounding
    assert course.error_at(moment) <= min(one.error_at(moment) for one in found) + 1


def test_measurements_that_contradict_each_other_leave_what_is_between_them() -> None:
    """A clock that was stopped for 5 ms meanwhile: somewhere in these 5 ms."""
    course = ClockCourse((ClockOffset(0, 10, 0, drift=0), ClockOffset(5_000_000, 10, NS, drift=0)))
    assert course.error_at(0) == pytest.approx(2_500_000, abs=20)
