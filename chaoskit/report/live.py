"""Progress on a terminal: one view that is redrawn in place, and gone when the run is over."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping

from rich import live
from rich.console import Console, Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from chaoskit.core.window import Moment
from chaoskit.report.plain import load_text, time_text

KEPT = 60
"""Seconds of error share that the sparkline shows."""

_BARS = "▁▂▃▄▅▆▇█"
_OVER = (Moment.UNDONE, "failed")


class Live:
    """A live view: phase and time, rate, errors and p99, what is broken now.

    The screen is taken at the first word and given back by `close`.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._screen: live.Live | None = None
        self._phase = ""
        self._lasting: float | None = None
        self._since = 0.0
        self._t: float | None = None
        self._load = ""
        # Replaced, never changed: the thread that redraws reads them at any moment.
        self._errors: tuple[float, ...] = ()
        self._broken: Mapping[str, str] = {}

    def phase(self, name: str, lasting_s: float | None = None) -> None:
        """Show the phase; its bar starts anew."""
        self._phase, self._lasting, self._since, self._t = name, lasting_s, time.monotonic(), None
        self._draw()

    def tick(self, t_s: float, rate: float, error_share: float, p99_s: float) -> None:
        """Show the load."""
        self._t, self._load = t_s, load_text(rate, error_share, p99_s)
        self._errors = (*self._errors, error_share)[-KEPT:]
        self._draw()

    def fault(self, name: str, moment: str, t_s: float | None = None) -> None:
        """Keep a line of it above the view; show what is in force in it."""
        others = {other: at for other, at in self._broken.items() if other != name}
        self._broken = others if moment in _OVER else {**others, name: moment}
        self._say(f"{name}: {moment}", t_s, "red" if moment == Moment.BEGIN else "")

    def note(self, text: str) -> None:
        """Keep a line of it above the view."""
        self._say(text, self._t, "yellow")

    def close(self) -> None:
        """Take the view off the screen."""
        if self._screen is not None:
            self._screen.stop()
            self._screen = None

    def __rich__(self) -> RenderableType:
        """The view as it is now; drawn several times a second."""
        return Group(self._head(), *self._body())

    def _head(self) -> Table:
        elapsed = time.monotonic() - self._since if self._t is None else self._t
        grid = Table.grid(padding=(0, 1))
        row: list[RenderableType] = [Text(self._phase, style="bold"), Text(f"{elapsed:6.1f} s")]
        if self._lasting:
            row.append(ProgressBar(self._lasting, min(elapsed, self._lasting), width=30))
            row.append(Text(f"of {self._lasting:g} s", style="dim"))
        grid.add_row(*row)
        return grid

    def _body(self) -> list[Text]:
        lines = []
        if self._load:
            lines.append(Text(self._load))
            lines.append(Text.assemble(("errors ", "dim"), (sparkline(self._errors), "red")))
        if self._broken:
            names = ", ".join(f"{name} ({moment})" for name, moment in self._broken.items())
            lines.append(Text.assemble(("in force ", "dim"), (names, "red")))
        return lines

    def _say(self, text: str, t_s: float | None, style: str) -> None:
        self._console.print(Text(time_text(t_s) + text, style=style))
        self._draw()

    def _draw(self) -> None:
        if self._screen is None:
            self._screen = live.Live(
                console=self._console,
                get_renderable=self.__rich__,
                refresh_per_second=4,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._screen.start()


def sparkline(shares: Iterable[float]) -> str:
    """Shares of 0..1 as bars; a second without requests is a blank, one without errors the lowest bar."""
    top = len(_BARS) - 1
    return "".join(" " if math.isnan(share) else _BARS[min(top, math.ceil(share * top))] for share in shares)
