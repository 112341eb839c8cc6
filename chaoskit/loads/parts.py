"""Rows as they come, gathered into parts of a file's size: few enough to be quick, often enough to lose little."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic_ns

from chaoskit.core.history import Requests, concatenate
from chaoskit.core.units import NS

REQUESTS, ATTEMPTS = "requests", "attempts"
_ROWS = 50_000
_EVERY = 2 * NS
"""What a process that is killed has not handed on is lost."""


@dataclass(frozen=True)
class Part:
    """Rows of requests, or of attempts that failed and were followed by another.

    Attributes:
        kind: `requests` or `attempts`.
        number: from 0, of its kind.
        rows: in order of completion.
    """

    kind: str
    number: int
    rows: Requests


@dataclass
class _Gathered:
    since: int = 0
    number: int = 0
    count: int = 0
    batches: list[Requests] = field(default_factory=list)


class Parts:
    """See the module; not for several threads at once.

    Args:
        emit: gets each part.
    """

    def __init__(self, emit: Callable[[Part], None]) -> None:
        self._emit = emit
        self._gathered = {REQUESTS: _Gathered(), ATTEMPTS: _Gathered()}

    def add(self, kind: str, batch: Requests) -> None:
        """Take rows over, and hand on what is a part by now."""
        gathered = self._gathered[kind]
        gathered.since = gathered.since or monotonic_ns()
        gathered.batches.append(batch)
        gathered.count += len(batch)
        if gathered.count >= _ROWS or monotonic_ns() - gathered.since >= _EVERY:
            self._hand_on(kind)

    def flush(self) -> None:
        """Hand on what is left."""
        for kind, gathered in self._gathered.items():
            if gathered.count:
                self._hand_on(kind)

    def _hand_on(self, kind: str) -> None:
        gathered = self._gathered[kind]
        self._gathered[kind] = _Gathered(number=gathered.number + 1)
        self._emit(Part(kind, gathered.number, concatenate(gathered.batches)))
