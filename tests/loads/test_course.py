"""One schedule that several engines share, and share anew while it runs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaoskit.core.units import NS
from chaoskit.loads.arrivals import constant, poisson
from chaoskit.loads.course import NEVER, Course, CourseSchedule, Deal
from chaoskit.loads.schedule import Schedule, stream

LASTING = 4 * NS
Arrival = tuple[int, int]


def schedule() -> Schedule:
    """Two streams of 100/s in all."""
    processes = {"a": poisson("80/s"), "b": constant("20/s")}
    return Schedule(
        [stream(made, LASTING, seed=1, load=name, client="c", clients=1) for name, made in processes.items()]
    )


def everything() -> list[Arrival]:
    """What one engine alone would do."""
    return follow(CourseSchedule(schedule(), 2, Course()))


def follow(one: CourseSchedule, *changes: tuple[Course, int]) -> list[Arrival]:
    """What an engine does that hears of changes: what, and when."""
    left, done = list(changes), []
    moments, streams = one.take()
    at = 0
    while len(moments):
        if left and moments[at] >= left[0][1]:
            moments, streams = one.recast(left.pop(0)[0], at)
            at = 0
        else:
            done.append((int(moments[at]), int(streams[at])))
            at += 1
        if at == len(moments):
            moments, streams = one.take()
            at = 0
    return done


ALL = everything()


@pytest.mark.parametrize("engines", [1, 2, 3, 7])
def test_engines_share_one_schedule(engines: int) -> None:
    """Together they do what one alone would do, each its even share of it."""
    shares = [follow(CourseSchedule(schedule(), 2, Course((Deal(0, i, engines),)))) for i in range(engines)]
    assert sorted(arrival for share in shares for arrival in share) == ALL
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@settings(max_examples=60, deadline=None)
@given(
    before=st.integers(1, 4),
    after=st.integers(1, 4),
    since=st.integers(NS // 10, LASTING),
    early=st.integers(0, 2 * NS),
)
def test_sharing_anew_keeps_every_arrival_once(before: int, after: int, since: int, early: int) -> None:
    """Whoever joins or leaves at whatever moment, told at whatever moment before it."""
    done: list[Arrival] = []
    for index in range(max(before, after)):
        first = Deal(0, index, before) if index < before else Deal(0, 0, 0)
        then = Deal(since, index, after) if index < after else Deal(since, 0, 0)
        if index < before:
            one = CourseSchedule(schedule(), 2, Course((first,)))
            mine = follow(one, (Course((first, then)), max(0, since - early)))
        else:
            one = CourseSchedule(schedule(), 2, Course((first, then)))
            mine = follow(one)
        assert sum(one.owed(LASTING)) == len(mine)
        assert (one.whole, one.doubled) == (len(ALL), 0)
        done += mine
    assert sorted(done) == ALL


def test_a_change_that_is_heard_too_late_is_told() -> None:
    """What was sent meanwhile and is another's by now counts as doubled; nothing of one's own is sent twice."""
    since, heard = NS, 2 * NS
    first, second = (
        CourseSchedule(schedule(), 2, Course((Deal(0, 0, 1),))),
        CourseSchedule(schedule(), 2, Course((Deal(0, 0, 0), Deal(since, 1, 2)))),
    )
    mine = follow(first, (Course((Deal(0, 0, 1), Deal(since, 0, 2))), heard))
    theirs = follow(second)
    both = sorted(mine + theirs)
    assert first.doubled == len(both) - len(set(both)) > 10
    assert sorted(set(both)) == ALL
    assert len(set(mine)) == len(mine)


def test_the_end_of_arrivals_may_come_late() -> None:
    """An end that is said while it runs is where all engines stop, and all know how many that are."""
    end = 2 * NS
    done = []
    for index in range(2):
        one = CourseSchedule(schedule(), 2, Course((Deal(0, index, 2),)))
        mine = follow(one, (Course((Deal(0, index, 2),), end), NS))
        assert sum(one.owed(LASTING)) == len(mine)
        done += mine
        assert one.whole == len([arrival for arrival in ALL if arrival[0] < end])
    assert sorted(done) == [arrival for arrival in ALL if arrival[0] < end]


def test_pace_stretches_the_schedule() -> None:
    """Twice as fast from 1 s on: what came t after that comes t / 2 after it."""
    course = Course((Deal(0, 0, 1), Deal(NS, 0, 1, 2.0)))
    done = follow(CourseSchedule(schedule(), 2, Course()), (course, NS // 2))
    expected = [moment if moment < NS else NS + (moment - NS) / 2 for moment, _stream in ALL]
    assert [moment for moment, _stream in done] == pytest.approx(expected, abs=1)


def test_without_pace_nothing_comes_until_there_is_some() -> None:
    """No users: the next arrival is further than any run; with users again it goes on where it stopped."""
    rest = Course((Deal(0, 0, 1), Deal(NS, 0, 1, 0.0)))
    again = Course((*rest.deals, Deal(2 * NS, 0, 1)))
    one = CourseSchedule(schedule(), 2, Course())
    done = follow(one, (rest, NS // 2), (again, NS))
    assert [moment for moment, _stream in done] == [moment + (NS if moment >= NS else 0) for moment, _stream in ALL]
    held = CourseSchedule(schedule(), 2, rest)
    while (moments := held.take()[0])[-1] < NEVER:
        assert moments[-1] < NEVER
    assert sum(held.owed(10 * NS)) == len([arrival for arrival in ALL if arrival[0] < NS])
