"""Boards: several runs at a time, watched on one console. A line for each that goes on, and one for what ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from rich.console import Console, Group, RenderableType
from rich.text import Text

from chaoskit.core.progress import Board
from chaoskit.core.units import show_duration
from chaoskit.core.window import Moment
from chaoskit.report.plain import load_text, time_text
from chaoskit.report.screen import screen

_GOOD = ("pass", "proved")
_OVER = (Moment.UNDONE, "failed")


def board_for(console: Console) -> Board:
    """A live board on a terminal, lines elsewhere. Hand it a console on stderr, and close it at the end."""
    return LiveBoard(console) if console.is_terminal and not console.is_dumb_terminal else PlainBoard(console)


class PlainBoard:
    """Lines on a console that is no terminal; each names its run, since those of several are mixed."""

    def __init__(self, console: Console) -> None:
        self._say = _Sayer(console)

    def watch(self, experiment: str, arm: str) -> _Lines:
        """`gslb.pool_death guarded: begins`."""
        self._say(Text(f"{experiment} {arm}: begins"))
        return _Lines(f"{experiment} {arm}", self._say)

    def ended(self, experiment: str, arm: str, word: str, seconds: float) -> None:
        """`gslb.pool_death guarded: pass (31 s)`."""
        self._say(_ended(experiment, arm, word, seconds))

    def note(self, text: str) -> None:
        """The text."""
        self._say(Text(text))

    def close(self) -> None:
        """Nothing to give back."""


class _Lines:
    """One run on a plain board: what happens in it, without its load."""

    def __init__(self, name: str, say: Callable[[Text], None]) -> None:
        self._name = name
        self._tell = say

    def phase(self, name: str, lasting_s: float | None = None) -> None:
        """Say nothing: lines of several runs would tell more of phases than of anything else."""

    def tick(self, t_s: float, rate: float, error_share: float, p99_s: float) -> None:
        """Say nothing."""

    def fault(self, name: str, moment: str, t_s: float | None = None) -> None:
        """`gslb.pool_death guarded: T+4.0 s  outage begin`."""
        self._tell(Text(f"{self._name}: {time_text(t_s)}{name} {moment}"))

    def note(self, text: str) -> None:
        """`gslb.pool_death guarded: ...`."""
        self._tell(Text(f"{self._name}: {text}"))

    def close(self) -> None:
        """Nothing to give back."""


class LiveBoard:
    """A view with a line a run, redrawn in place; what ended stays above it."""

    def __init__(self, console: Console) -> None:
        self._say = _Sayer(console)
        self._running: tuple[_Line, ...] = ()
        self._lock = threading.Lock()
        self._begin = time.monotonic()
        self._screen = screen(console, self.__rich__)

    def watch(self, experiment: str, arm: str) -> _Line:
        """Show a further line until it is closed."""
        line = _Line(f"{experiment} {arm}", self._say, self._remove)
        with self._lock:
            self._running = (*self._running, line)
            if not self._screen.is_started:
                self._screen.start()
        return line

    def ended(self, experiment: str, arm: str, word: str, seconds: float) -> None:
        """Keep a line of it above the view."""
        self._say(_ended(experiment, arm, word, seconds))

    def note(self, text: str) -> None:
        """Keep it above the view."""
        self._say(Text(text, style="yellow"))

    def close(self) -> None:
        """Take the view off the screen."""
        with self._lock:
            self._screen.stop()

    def __rich__(self) -> RenderableType:
        """The view as it is now; drawn several times a second."""
        total = Text(f"{time.monotonic() - self._begin:6.0f} s in all", style="dim")
        return Group(*(line.text() for line in self._running), total)

    def _remove(self, line: _Line) -> None:
        with self._lock:
            self._running = tuple(one for one in self._running if one is not line)


class _Line:
    """One run on a live board."""

    def __init__(self, name: str, say: Callable[[Text], None], gone: Callable[[_Line], None]) -> None:
        self._name, self._tell, self._gone = name, say, gone
        self._phase, self._load, self._since = "begins", "", time.monotonic()
        self._t: float | None = None
        # Replaced, never changed: the thread that redraws reads it at any moment.
        self._broken: tuple[str, ...] = ()

    def text(self) -> Text:
        """`gslb.pool_death guarded  run 12.1 s  498 /s, errors 0 %, p99 3.1 ms  in force outage`."""
        elapsed = time.monotonic() - self._since if self._t is None else self._t
        parts: list[str | tuple[str, str]] = [(self._name, "bold"), f"  {self._phase} {elapsed:.0f} s  {self._load}"]
        if self._broken:
            parts.append((f"  in force {', '.join(self._broken)}", "red"))
        line = Text.assemble(*parts)
        line.no_wrap, line.overflow = True, "ellipsis"
        return line

    def phase(self, name: str, lasting_s: float | None = None) -> None:
        """Show it."""
        self._phase, self._t, self._load, self._since = name, None, "", time.monotonic()

    def tick(self, t_s: float, rate: float, error_share: float, p99_s: float) -> None:
        """Show the load."""
        self._t, self._load = t_s, load_text(rate, error_share, p99_s)

    def fault(self, name: str, moment: str, t_s: float | None = None) -> None:
        """Show what is in force."""
        others = tuple(one for one in self._broken if one != name)
        self._broken = others if moment in _OVER else (*others, name)

    def note(self, text: str) -> None:
        """Keep it above the view."""
        self._tell(Text(f"{self._name}: {text}", style="yellow"))

    def close(self) -> None:
        """Take the line away."""
        self._gone(self)


class _Sayer:
    """Prints lines until the stream takes nothing more; what runs goes on all the same."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._deaf = False

    def __call__(self, text: Text) -> None:
        if self._deaf:
            return
        try:
            self._console.print(text, soft_wrap=True)
        except OSError:
            self._deaf = True


def _ended(experiment: str, arm: str, word: str, seconds: float) -> Text:
    """`gslb.pool_death plain-dns: proved: recovered failed: 31 s against <= 7 s (40 s)`."""
    style = "green" if word.partition(":")[0] in _GOOD else "bold red" if word.startswith("fail") else "yellow"
    took = f" ({show_duration(round(seconds) * 10**9)})" if seconds else ""
    return Text.assemble(f"{experiment} {arm}".rstrip(), ": ", (word, style), took)
