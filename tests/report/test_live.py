from __future__ import annotations

import io
import math
from collections.abc import Iterator

import pytest
from rich.console import Console

from chaoskit.core.progress import Progress, Silent
from chaoskit.report.live import Live, sparkline


@pytest.fixture
def screen() -> Console:
    """A terminal of eighty columns."""
    return Console(file=io.StringIO(), force_terminal=True, width=80, _environ={"TERM": "xterm"})


@pytest.fixture
def live(screen: Console) -> Iterator[Live]:
    """A view on it, closed afterwards."""
    view = Live(screen)
    yield view
    view.close()


def shown(view: Live) -> str:
    """The view as plain text."""
    console = Console(file=io.StringIO(), width=80)
    console.print(view)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_the_view_shows_phase_load_and_what_is_in_force(live: Live) -> None:
    """And no longer shows a fault that was undone."""
    live.phase("run", 30)
    live.fault("outage", "begin")
    live.fault("outage", "confirmed")
    live.tick(12.0, 500, 0.25, 0.9)
    text = shown(live)
    for words in ("run", "12.0 s", "of 30 s", "500 /s, errors 25.0 %, p99 900 ms", "in force outage (confirmed)"):
        assert words in text
    live.fault("outage", "undone")
    assert "in force" not in shown(live)


def test_what_happened_stays_above_the_view(live: Live, screen: Console) -> None:
    """Faults and notes are lines that are kept when the view is gone."""
    live.phase("run", 30)
    live.tick(5.0, 500, 0.0, 0.003)
    live.fault("outage", "begin", 5.46)
    live.note("a guard tripped")
    live.close()
    text = screen.file.getvalue()  # type: ignore[attr-defined]
    assert "T+5.5 s  outage: begin" in text
    assert "T+5.0 s  a guard tripped" in text


def test_closing_gives_the_terminal_back_and_may_be_repeated(live: Live, screen: Console) -> None:
    """The cursor is shown again, once."""
    live.phase("run", 30)
    live.close()
    live.close()
    text = screen.file.getvalue()  # type: ignore[attr-defined]
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1


def test_the_sparkline_never_hides_an_error() -> None:
    """One failure in a thousand is above the lowest bar; a second without requests is blank."""
    assert sparkline([0.0, 0.001, 0.5, 1.0, math.nan]) == "▁▂▅█ "


def test_only_the_last_minute_is_drawn(live: Live) -> None:
    """An hour of errors does not run off the screen."""
    for second in range(3600):
        live.tick(second, 500, 1.0 if second < 3599 else 0.0, 0.003)
    assert "█" * 59 + "▁" in shown(live)
    assert "█" * 60 not in shown(live)


def test_nobody_has_to_watch() -> None:
    """The silent one takes every word."""
    watch: Progress = Silent()
    watch.phase("run", 30)
    watch.tick(1, 500, 0, 0.1)
    watch.fault("outage", "begin")
    watch.note("x")
    watch.close()
    assert isinstance(watch, Silent)
