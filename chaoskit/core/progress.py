"""Progress: what a run tells whoever watches it. The engine calls it; `chaoskit.report` shows it.

    progress.phase("run", lasting_s=30)
    progress.tick(4.0, rate=498, error_share=0.0, p99_s=0.0031)
    progress.fault("outage", Moment.BEGIN, 4.002)

Several runs at a time are watched on a `Board`, which gives each a progress of its own.

Every method returns at once and never raises for want of a terminal: watching must not slow a run.
"""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Someone who watches a run; called from one thread at a time."""

    def phase(self, name: str, lasting_s: float | None = None) -> None:
        """A phase begins: lab, ready, steady, run, heal, quiet, final, down.

        Args:
            name: the phase.
            lasting_s: how long it is planned to take, in seconds; None where nobody can say.
        """
        ...

    def tick(self, t_s: float, rate: float, error_share: float, p99_s: float) -> None:
        """The load over the last second, about once a second.

        Args:
            t_s: seconds since the run's origin.
            rate: requests that ended, a second.
            error_share: 0..1 of them that failed; NaN when none ended.
            p99_s: 99th percentile of their latency in seconds; NaN when none ended.
        """
        ...

    def fault(self, name: str, moment: str, t_s: float | None = None) -> None:
        """An action came to a moment: begin, confirmed, end, undone, failed.

        Args:
            name: the action's.
            moment: which.
            t_s: seconds since the run's origin, as recorded; None where it was before.
        """
        ...

    def note(self, text: str) -> None:
        """Something a person should read now: a guard that tripped, a retry, an operator's note."""
        ...

    def close(self) -> None:
        """Nothing more will come: give the terminal back. Calling it again does nothing."""
        ...


class Board(Protocol):
    """Someone who watches several runs; called from several threads."""

    def watch(self, experiment: str, arm: str) -> Progress:
        """A run begins; whoever runs it closes what is returned when it is over."""
        ...

    def ended(self, experiment: str, arm: str, word: str, seconds: float) -> None:
        """An arm has its verdict, and what it took.

        Args:
            experiment: its id.
            arm: which of its arms; empty for all of them.
            word: pass, fail, unknown, proved, not proved or error, and why where that matters.
            seconds: wall-clock time, every attempt counted.
        """
        ...

    def note(self, text: str) -> None:
        """Something about all of them that a person should read now."""
        ...

    def close(self) -> None:
        """Nothing more will come: give the terminal back. Calling it again does nothing."""
        ...


class Silent:
    """Progress that nobody watches."""

    def phase(self, name: str, lasting_s: float | None = None) -> None:
        """Say nothing."""

    def tick(self, t_s: float, rate: float, error_share: float, p99_s: float) -> None:
        """Say nothing."""

    def fault(self, name: str, moment: str, t_s: float | None = None) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""

    def close(self) -> None:
        """Do nothing."""


class OneView:
    """A board for runs one after the other: each is watched by the same progress."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def watch(self, experiment: str, arm: str) -> Progress:
        """The one there is."""
        return self._progress

    def ended(self, experiment: str, arm: str, word: str, seconds: float) -> None:
        """Say nothing: the verdicts are printed at the end."""

    def note(self, text: str) -> None:
        """Hand it on."""
        self._progress.note(text)

    def close(self) -> None:
        """Hand it on."""
        self._progress.close()
