"""A load on a terminal, and where there is none."""

from __future__ import annotations

import io

from rich.console import Console

from chaoskit.cli.load_view import LineView, LiveView, view_for
from chaoskit.core.load import Outcome
from chaoskit.core.units import NS
from chaoskit.engine.loading.drive import Snapshot
from chaoskit.engine.loading.tally import Counts
from tests.engine.loading.results import batch


def counts(good: int, busy: int = 0) -> Counts:
    """Successes of 2 ms each, and answers 503."""
    made = Counts()
    made.add(batch([2000] * good, lag=100))
    made.add(batch([500] * busy, Outcome.UNAVAILABLE, lag=100))
    return made


def taken(t: int, last: Counts, whole: Counts) -> Snapshot:
    """A second of a load."""
    return Snapshot(t * NS, last, NS, whole)


def console(*, terminal: bool) -> tuple[Console, io.StringIO]:
    """One that writes into memory."""
    text = io.StringIO()
    made = Console(file=text, force_terminal=terminal, width=140, color_system=None, highlight=False, _environ={})
    return made, text


def test_a_line_every_five_seconds_has_the_last_second() -> None:
    """Rate, outcomes, latency and lag."""
    out, text = console(terminal=False)
    view = view_for(out, "GET http://web/", 20 * NS)
    assert isinstance(view, LineView)
    for t in range(1, 8):
        view.see(taken(t, counts(90, 10), counts(900, 100)))
    view.close()
    lines = text.getvalue().splitlines()
    assert [line.split("  ")[0] for line in lines] == ["T+1.0 s", "T+6.0 s"]
    assert "100 /s  ok 90, 503 10  p50 2.0" in lines[0]
    assert "lag p99 100" in lines[0]


def test_a_view_on_a_terminal_is_gone_when_the_load_is_over() -> None:
    """It shows the title, the last second and the whole; what is left of it is an empty line at most."""
    out, text = console(terminal=True)
    view = view_for(out, "GET http://web/", 20 * NS)
    assert isinstance(view, LiveView)
    view.see(taken(3, counts(90, 10), counts(900, 100)))
    with out.capture() as shown:
        out.print(view)
    view.close()
    assert "GET http://web/" in shown.get()
    assert "100 /s" in shown.get()
    assert "ok 900, 503 100" in shown.get()
    assert "\x1b[2K" in text.getvalue()


def test_a_second_without_an_answer_is_shown_as_such() -> None:
    """Nothing is divided by zero."""
    out, text = console(terminal=False)
    LineView(out).see(taken(1, Counts(), Counts()))
    assert "0 /s  ok 0  p50 -  p99 -  lag p99 -" in text.getvalue()
