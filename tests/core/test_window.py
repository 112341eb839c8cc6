from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.action import Planning, action
from chaoskit.core.errors import DefinitionError, Undefined, UsageError
from chaoskit.core.step import Step
from chaoskit.core.units import NS
from chaoskit.core.window import Moment, Span, Window, begin, bound, confirmed, end, undone, window
from chaoskit.testing import happened, make_history


@action(longest="1m")
def _break(plan: Planning) -> Iterable[Step]:
    """Plan nothing."""
    del plan
    return ()


outage = _break()
record = make_history(
    names={"outage": outage}, events=happened("outage", begin=5, confirmed=5.5, end=17, undone=18), duration=30
)


@pytest.mark.parametrize(
    ("what", "start", "stop"),
    [
        (None, 0, 30),
        (window(), 0, 30),
        (window(after=begin(outage)), 5, 30),
        (window(before=begin(outage)), 0, 5),
        (window(after=confirmed(outage), before=undone(outage)), 5.5, 18),
        (window(after=begin(outage), lasting="7s"), 5, 12),
        (window(after=begin(outage), lasting=bound(detection="4s", ttl="2s")), 5, 11),
        (window(after=begin(outage), delay="2s", before=end(outage)), 7, 17),
        (window(after=begin(outage), delay="2s", lasting=3), 7, 10),
        (window(after=undone(outage), lasting="1m"), 18, 30),
    ],
)
def test_windows_resolve_against_what_happened(what: Window | None, start: float, stop: float) -> None:
    """By events, delays and lengths; a window never outlasts the run."""
    assert record.span(what) == Span(round(start * NS), round(stop * NS))


def test_a_window_whose_event_never_came_is_undefined() -> None:
    """The error names the action and the moment."""
    nothing = make_history(names={"outage": outage})
    with pytest.raises(Undefined, match="action outage has no moment 'begin'"):
        nothing.span(window(after=begin(outage)))
    with pytest.raises(Undefined, match="'undone'"):
        nothing.span(window(before=undone(outage)))


def test_a_window_has_one_end() -> None:
    """`before` and `lasting` contradict each other; the error starts with file and line."""
    with pytest.raises(DefinitionError, match=r"test_window\.py:\d+: a window ends at `before` or after `lasting`"):
        window(after=begin(outage), before=end(outage), lasting="1s")


def test_a_window_knows_its_events_and_where_it_was_written() -> None:
    """The experiment checks them at import."""
    what = window(after=begin(outage), before=end(outage))
    assert what.events == (begin(outage), end(outage))
    assert window().events == ()
    assert what.where.file == __file__


def test_a_bound_shows_its_sum() -> None:
    """Parts are added up and shown; of a single part only the total."""
    assert str(bound(detection="4s", ttl="2s", margin="500ms")) == "6.5 s = detection 4 s + ttl 2 s + margin 500 ms"
    assert str(bound(ttl="2s")) == "2 s"
    assert bound(detection="4s", ttl=2).total == 6 * NS
    with pytest.raises(UsageError):
        bound(ttl="2 fortnights")


@given(st.integers(0, 10**10), st.integers(0, 10**10), st.integers(0, 10**10))
def test_a_span_holds_its_start_and_not_its_end(start: int, stop: int, t: int) -> None:
    """Half open, so that neighbouring spans share no moment; a span that ends before it starts is empty."""
    span = Span(start, stop)
    assert span.holds(t) == (start <= t < stop)
    assert span.length == max(0, stop - start)


def test_moments_are_the_words_of_the_record() -> None:
    """Events on disk carry exactly these words."""
    assert [str(moment) for moment in Moment] == ["begin", "confirmed", "end", "undone"]
