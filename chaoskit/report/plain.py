"""Progress for pipes and logs: a line for what happens, and one for the load every few seconds."""

from __future__ import annotations

import math

from rich.console import Console
from rich.text import Text

from chaoskit.core.units import show_duration, show_share

EVERY_S = 5.0
"""Seconds of the run between two lines about the load."""


def load_text(rate: float, error_share: float, p99_s: float) -> str:
    """`498 /s, errors 0 %, p99 3.1 ms`; what could not be measured is a dash."""
    errors = "-" if math.isnan(error_share) else show_share(error_share)
    p99 = "-" if math.isnan(p99_s) else show_duration(round(p99_s * 1e9))
    return f"{rate:,.0f} /s, errors {errors}, p99 {p99}"


def time_text(t_s: float | None) -> str:
    """`T+4.0 s  `, or nothing before the origin."""
    return "" if t_s is None else f"T+{t_s:.1f} s  "


class Plain:
    """Lines on a console that is no terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._next = 0.0

    def phase(self, name: str, lasting_s: float | None = None) -> None:
        """`phase run, 30 s`."""
        self._next = 0.0
        lasting = "" if lasting_s is None else f", {show_duration(round(lasting_s * 1e9))}"
        self._line(f"phase {name}{lasting}")

    def tick(self, t_s: float, rate: float, error_share: float, p99_s: float) -> None:
        """`T+5.0 s  498 /s, errors 0 %, p99 3.1 ms`, every five seconds."""
        if t_s >= self._next:
            self._next = t_s + EVERY_S - 1e-6
            self._line(f"{time_text(t_s)}{load_text(rate, error_share, p99_s)}")

    def fault(self, name: str, moment: str, t_s: float | None = None) -> None:
        """`T+4.0 s  outage: begin`."""
        self._line(f"{time_text(t_s)}{name}: {moment}")

    def note(self, text: str) -> None:
        """The text."""
        self._line(text)

    def close(self) -> None:
        """Nothing to give back."""

    def _line(self, text: str) -> None:
        self._console.print(Text(text), soft_wrap=True)
