"""The timetable of a run."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.action import Action
from chaoskit.core.units import NS
from chaoskit.core.where import Where
from chaoskit.engine.entries import PlannedEntry
from chaoskit.engine.timetable import STEADY_BEFORE, Turn, timetable


def _entry(name: str, start: int, lasting: int | None) -> PlannedEntry:
    action = Action("crash", {}, lambda _planning: (), 600 * NS, lasting is None, Where("here", 1), name)
    return PlannedEntry(name, action, (), start, lasting, ())


def test_moments_are_in_order_and_the_end_is_last() -> None:
    """Begins and ends of overlapping actions interleave; the steady state is judged just before the first."""
    due = timetable([_entry("a", 5 * NS, 10 * NS), _entry("b", 8 * NS, 2 * NS)], 30 * NS, steady=True)
    words = [(one.t / NS, one.turn.name, one.entry.name if one.entry else "") for one in due]
    assert words == [
        (5 - STEADY_BEFORE / NS, "STEADY", ""),
        (5.0, "BEGIN", "a"),
        (8.0, "BEGIN", "b"),
        (10.0, "END", "b"),
        (15.0, "END", "a"),
        (30.0, "FINISH", ""),
    ]


def test_an_end_comes_before_a_begin_of_the_same_moment() -> None:
    """Faults that follow each other do not overlap for an instant."""
    due = timetable([_entry("a", NS, NS), _entry("b", 2 * NS, NS)], 5 * NS, steady=False)
    assert [(one.turn, one.entry and one.entry.name) for one in due if one.t == 2 * NS] == [
        (Turn.END, "a"),
        (Turn.BEGIN, "b"),
    ]


def test_a_one_shot_action_begins_and_never_ends() -> None:
    """What cannot be undone has no end in the timetable."""
    due = timetable([_entry("a", NS, None)], 5 * NS, steady=False)
    assert [one.turn for one in due] == [Turn.BEGIN, Turn.FINISH]


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(1, 50)), max_size=20))
def test_every_begin_has_its_end_after_it(spans: list[tuple[int, int]]) -> None:
    """Whatever the timeline, moments are sorted and each action begins before it ends."""
    due = timetable([_entry(str(i), a * NS, b * NS) for i, (a, b) in enumerate(spans)], 200 * NS, steady=True)
    assert [one.t for one in due] == sorted(one.t for one in due)
    for i in range(len(spans)):
        turns = [one.turn for one in due if one.entry and one.entry.name == str(i)]
        assert turns == [Turn.BEGIN, Turn.END]
