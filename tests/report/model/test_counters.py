from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from chaoskit.core.step import Json
from chaoskit.core.units import NS
from chaoskit.report.model.bins import Bins
from chaoskit.report.model.counters import MOST, counters
from chaoskit.testing import readings

SECONDS = Bins(NS, 30 * NS)


def test_a_counter_is_shown_by_how_fast_it_grows() -> None:
    """Twenty a second from 5 s to 10 s, nothing before and after."""
    grows = readings("tcp", "a", lambda t: {"RetransSegs": round((min(max(t, 5), 10) - 5) * 20)}, every="100ms")
    (line,) = counters(grows, SECONDS).shown
    assert line.rate
    assert line.total == 100
    assert line.values[4] == pytest.approx(0.0)
    assert line.values[7] == pytest.approx(20.0)
    assert line.values[12] == pytest.approx(0.0)


def test_a_gauge_is_shown_as_it_is() -> None:
    """A number that falls is no counter."""
    (line,) = counters(readings("queue", "a", lambda t: {"depth": 30 - t}, every="100ms"), SECONDS).shown
    assert not line.rate
    assert line.values[10] == pytest.approx(20.0)


def test_the_peak_of_a_gauge_is_its_highest_reading() -> None:
    """A queue of 7 for one reading is 7, however many readings a bin has; a sparse gauge stands until it is read."""
    queue = readings("queue", "a", lambda t: {"depth": 7 if 10.15 < t < 10.25 else 1}, every="100ms")
    (line,) = counters(queue, SECONDS).shown
    assert (line.most, line.values[10], line.values[11]) == (7, 7, 1)
    sparse = readings("queue", "a", lambda t: {"depth": round(t)}, every="5s")
    (line,) = counters(sparse, SECONDS).shown
    assert list(line.values[4:7]) == [0, 5, 5]


@pytest.mark.parametrize(
    ("probe", "name", "count"),
    [
        ("tcp", "TcpRetransSegs", True),
        ("tcp", "TcpExtTCPTimeouts", True),
        ("clear_text", "packets", True),
        ("web", "http_requests_total", True),
        ("tcp_counters", "resets", True),
        ("queues", "*:8080.queue", False),
        ("members", "revision", False),
        ("pool", "UP", False),
        ("sockets", "time_wait", False),
    ],
)
def test_only_what_says_that_it_counts_is_drawn_by_its_growth(probe: str, name: str, *, count: bool) -> None:
    """A gauge that happens to rise through a whole run stays a gauge."""
    (line,) = counters(readings(probe, "a", lambda t: {name: int(t)}), SECONDS).shown
    assert line.rate == count


def test_what_never_moved_is_told_with_how_often_it_was_read() -> None:
    """A constant zero is what a check rests on; a reading that failed, or lacks the number, did not tell it."""

    def zero(t: float) -> Mapping[str, Json] | str:
        return "no answer" if t < 1 else {"packets": 0} if t >= 2 else {}

    found = counters(
        (*readings("clear", "isp", {"packets": 0}, every="1s"), *readings("late", "isp", zero, every="1s")), SECONDS
    )
    assert [(one.probe, one.name, one.value, one.taken - one.said) for one in found.constants] == [
        ("clear", "packets", 0, 0),
        ("late", "packets", 0, 2),
    ]


def test_what_checks_refer_to_comes_before_what_is_remarkable() -> None:
    """Even where other numbers leap, and even constants of a probe that reads many."""
    leaps = readings("tcp", "a", lambda t: {f"leap{i}": 900 * (t > 20) for i in range(MOST)})
    slow = readings("pool", "a", lambda t: {"used": int(100 + t / 10), **{f"n{i}": 0 for i in range(20)}})
    without = counters((*leaps, *slow), SECONDS)
    assert "pool" not in {line.probe for line in without.shown}
    assert without.constants == ()
    found = counters((*leaps, *slow), SECONDS, ["never_above(pool, field='used')"])
    assert found.shown[0].probe == "pool"
    assert len(found.constants) == 20


def test_before_the_first_reading_nothing_is_drawn() -> None:
    """A probe that starts late says nothing about the time before."""
    late = readings("tcp", "a", lambda t: {"n": round(t * 10)}, start=10, seconds=10, every="100ms")
    (line,) = counters(late, SECONDS).shown
    assert np.isnan(line.values[:10]).all()
    assert np.isnan(line.values[21:]).all()
    assert not np.isnan(line.values[10:19]).any()


def test_numbers_that_never_move_are_not_shown() -> None:
    """Hundreds of counters of a host are mostly silent."""
    assert counters(readings("tcp", "a", {"InErrs": 0, "Established": 7}), SECONDS).shown == ()


def test_the_most_remarkable_lines_come_first_and_the_others_are_counted() -> None:
    """A counter that leaps is worth more than those that grow evenly."""
    even = {f"even{i}": i + 1 for i in range(MOST + 3)}
    said = readings("tcp", "a", lambda t: {**{k: round(t * v) for k, v in even.items()}, "leap": 900 * (t > 20)})
    found = counters(said, SECONDS)
    assert found.shown[0].name == "leap"
    assert (len(found.shown), found.further) == (MOST, 4)
