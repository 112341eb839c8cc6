"""Outages that end by themselves: whether anybody could have missed what was away."""

from __future__ import annotations

import pytest

from chaoskit.core.history import Event
from chaoskit.core.units import NS
from chaoskit.core.verdict import FAIL, PASS
from chaoskit.engine.machine import PROBE
from chaoskit.engine.outages import SEEN_BY, long_enough, outages
from chaoskit.testing.history import make_history, readings, rows


def _host(seconds: float, what: str, host: str = "web-1") -> Event:
    return Event(round(seconds * NS), "host", host, what)


def _action(seconds: float, what: str, *hosts: str) -> Event:
    return Event(round(seconds * NS), "action", "crash", what, {"hosts": list(hosts)} if hosts else {})


BEGIN, END = _action(5, "begin", "web-1"), _action(15, "end")


def _away(start: float, end: float, host: str = "web-1") -> list[Event]:
    return [_host(start, "exited", host), _host(end, "running", host)]


@pytest.mark.parametrize(
    ("away", "every", "outcome", "seen"),
    [
        (0.05, "10ms", FAIL, 5),
        (0.2, "10ms", PASS, 20),
        (2.0, "500ms", FAIL, 4),
        (8.0, "500ms", PASS, 16),
        (0.0005, "1s", FAIL, 0),
    ],
)
def test_ten_requests_have_to_fall_into_an_outage(away: float, every: str, outcome: str, seen: int) -> None:
    """By their intended start; the verdict has the length of the outage and whose it was."""
    events = [BEGIN, *_away(5.001, 5.001 + away), END]
    verdict = long_enough(make_history([rows(start="2ms", every=every)], events=events))
    assert (verdict.outcome, verdict.measured) == (outcome, seen)
    assert verdict.bound
    assert verdict.bound.value == SEEN_BY
    assert verdict.reason.startswith("web-1 was away for")


@pytest.mark.parametrize(
    "events",
    [
        [],
        [*_away(1, 1.01)],
        [BEGIN, _host(5.1, "exited"), END, _host(15.2, "running")],
        [BEGIN, *_away(5.1, 5.2, "web-2"), END],
        [BEGIN, _host(5.1, "running"), END],
        [BEGIN, END, *_away(16, 16.01)],
    ],
    ids=["nothing", "before", "ended by the undo", "another host", "never away", "after"],
)
def test_what_was_planned_to_end_then_is_none(events: list[Event]) -> None:
    """Only what an action's host does by itself while the action is in force counts."""
    history = make_history([rows(every="1s")], events=events)
    assert list(outages(history)) == []
    assert long_enough(history).outcome is PASS


def test_a_probe_sees_as_well_as_a_load() -> None:
    """At one host; those of several hosts, or of the watch over this machine, are not added up."""
    events = [BEGIN, *_away(5.001, 5.161), END]
    many = [one for host in ("a", "b", "c") for one in readings("alive", host, {"up": True}, every="20ms", seconds=20)]
    verdict = long_enough(make_history([], events=events, readings=many))
    assert (verdict.outcome, verdict.measured) == (FAIL, 8)
    quick = readings("alive", "a", {"up": True}, every="10ms", seconds=20)
    assert long_enough(make_history([], events=events, readings=quick)).outcome is PASS
    machine = readings(PROBE, "a", {"up": True}, every="1ms", seconds=20)
    assert long_enough(make_history([], events=events, readings=machine)).measured == 0


def test_a_daemon_that_ends_again_and_again_is_away_all_those_times_together() -> None:
    """What fell into each of them counts, and the length is that of all; off counts as exited does."""
    again = [_host(7, "off"), _host(7.06, "running")]
    history = make_history([rows(every="10ms")], events=[BEGIN, *_away(6, 6.06), *again, END])
    (outage,) = outages(history)
    assert outage.length == 120_000_000
    assert long_enough(history).measured == 12


def test_the_host_of_a_link_is_meant_and_the_worst_of_several_decides() -> None:
    """An action that is never undone is in force to the end of the run."""
    begin = _action(5, "begin", "web-1/front", "web-2")
    history = make_history([rows(every="10ms")], events=[begin, *_away(6, 7), *_away(8, 8.01, "web-2")])
    assert [outage.host for outage in outages(history)] == ["web-1", "web-2"]
    assert long_enough(history).reason.startswith("web-2")
