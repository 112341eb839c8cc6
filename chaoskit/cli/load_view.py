"""A load by hand while it runs: a view that is redrawn on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from rich.console import Console, Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from chaoskit.cli.load_text import classes
from chaoskit.core.units import NS, show_duration
from chaoskit.report.live import KEPT, sparkline
from chaoskit.report.screen import screen

if TYPE_CHECKING:
    from chaoskit.engine.loading.drive import Snapshot
    from chaoskit.engine.loading.tally import Counts
    from chaoskit.loads.histogram import Histogram

_LINE_EVERY = 5 * NS


class View(Protocol):
    """Someone who watches a load."""

    def see(self, snapshot: Snapshot) -> None:
        """What came in since the last time, about once a second."""
        ...

    def close(self) -> None:
        """Give the terminal back."""
        ...


def view_for(console: Console, title: str, duration: int) -> View:
    """A live view on a terminal, lines elsewhere; `duration` is in ns."""
    terminal = console.is_terminal and not console.is_dumb_terminal
    return LiveView(console, title, duration) if terminal else LineView(console)


def _speed(snapshot: Snapshot) -> str:
    return f"{snapshot.last.total * NS / snapshot.over:,.0f} /s"


def _latency(counts: Counts) -> str:
    return f"p50 {_quantile(counts.latencies, 0.5)}  p99 {_quantile(counts.latencies, 0.99)}"


def _quantile(histogram: Histogram, q: float) -> str:
    return show_duration(histogram.quantile(q) * 1000) if histogram.total else "-"


class LineView:
    """A line every five seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._next = 0

    def see(self, snapshot: Snapshot) -> None:
        """`T+5.0 s  498 /s  ok 498  p50 400 µs  p99 3.1 ms  lag p99 90 µs`, of the last second."""
        if snapshot.t < self._next:
            return
        self._next = snapshot.t + _LINE_EVERY - NS // 2
        last = snapshot.last
        parts = [f"T+{snapshot.t / NS:.1f} s", _speed(snapshot), classes(last.by_class()), _latency(last)]
        self._console.print(Text("  ".join([*parts, f"lag p99 {_quantile(last.lags, 0.99)}"])), soft_wrap=True)

    def close(self) -> None:
        """Nothing to give back."""


class LiveView:
    """Rate, outcomes, latency and lag of the last second, and the share of errors of the last minute."""

    def __init__(self, console: Console, title: str, duration: int) -> None:
        self._title = title
        self._duration = duration
        # Replaced, never changed: the thread that redraws reads them at any snapshot.
        self._snapshot: Snapshot | None = None
        self._errors: tuple[float, ...] = ()
        self._screen = screen(console, self.__rich__)
        self._screen.start()

    def see(self, snapshot: Snapshot) -> None:
        """Show this from now on."""
        last = snapshot.last
        share = (last.total - last.succeeded) / last.total if last.total else float("nan")
        self._errors = (*self._errors, share)[-KEPT:]
        self._snapshot = snapshot

    def close(self) -> None:
        """Take the view off the screen."""
        self._screen.stop()

    def __rich__(self) -> RenderableType:
        """The view as it is now."""
        snapshot = self._snapshot
        return Group(self._head(snapshot.t if snapshot else 0), *([self._numbers(snapshot)] if snapshot else []))

    def _head(self, t: int) -> Table:
        grid = Table.grid(padding=(0, 1))
        bar = ProgressBar(self._duration, min(t, self._duration), width=30)
        of = Text(f"of {show_duration(self._duration)}", style="dim")
        grid.add_row(Text(self._title, style="bold"), Text(f"{t / NS:6.1f} s"), bar, of)
        return grid

    def _numbers(self, snapshot: Snapshot) -> Table:
        last, whole = snapshot.last, snapshot.whole
        grid = Table.grid(padding=(0, 2))
        grid.add_row(Text("rate", style="dim"), Text(_speed(snapshot)))
        grid.add_row(Text("outcomes", style="dim"), Text(classes(last.by_class())))
        grid.add_row(Text("latency", style="dim"), Text(_latency(last)))
        lag = f"p50 {_quantile(last.lags, 0.5)}  p99 {_quantile(last.lags, 0.99)}"
        grid.add_row(Text("lag", style="dim"), Text(lag))
        grid.add_row(Text("errors", style="dim"), Text(sparkline(self._errors), style="red"))
        grid.add_row(Text("so far", style="dim"), Text(f"{classes(whole.by_class())}  {_latency(whole)}"))
        return grid
