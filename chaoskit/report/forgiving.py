"""Progress that outlives its terminal: when nobody can see it any more the run goes on, and is undone, all the same."""

from __future__ import annotations

from collections.abc import Callable

from chaoskit.core.progress import Progress, Silent


class Forgiving:
    """Hands everything on until the stream takes nothing more (hung up, closed pipe, full disk), then is silent."""

    def __init__(self, watched: Progress) -> None:
        self._watched = watched

    def phase(self, name: str, lasting_s: float | None = None) -> None:
        """Hand it on."""
        self._say(lambda: self._watched.phase(name, lasting_s))

    def tick(self, t_s: float, rate: float, error_share: float, p99_s: float) -> None:
        """Hand it on."""
        self._say(lambda: self._watched.tick(t_s, rate, error_share, p99_s))

    def fault(self, name: str, moment: str, t_s: float | None = None) -> None:
        """Hand it on."""
        self._say(lambda: self._watched.fault(name, moment, t_s))

    def note(self, text: str) -> None:
        """Hand it on."""
        self._say(lambda: self._watched.note(text))

    def close(self) -> None:
        """Hand it on."""
        self._say(self._watched.close)

    def _say(self, word: Callable[[], None]) -> None:
        try:
            word()
        except OSError:
            self._watched = Silent()
