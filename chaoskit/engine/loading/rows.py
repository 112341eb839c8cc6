"""The rows of a load by hand, kept on disk: those of all its generators in one table."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from chaoskit.core.history import Requests
from chaoskit.core.step import Json
from chaoskit.loads import request_files
from chaoskit.loads.merge import ONE_CLOCK
from chaoskit.loads.parts import ATTEMPTS, REQUESTS, Part, Parts
from chaoskit.loads.recording import Recording, Whole

if TYPE_CHECKING:
    from chaoskit.engine.loading.result import LoadResult


class Rows:
    """See the module.

    Args:
        directory: where.
        generators: how many there are.

    Raises:
        UsageError: something is there already, or it cannot be made.
    """

    def __init__(self, directory: Path, generators: int) -> None:
        self._recording = Recording(directory)
        self._parts = [Parts(partial(self._take, f"generator {number + 1}")) for number in range(generators)]
        self._lock = threading.Lock()

    def add(self, generator: int, batch: Requests) -> None:
        """Keep requests, in the thread of their generator."""
        self._parts[generator].add(REQUESTS, batch)

    def add_attempts(self, generator: int, batch: Requests) -> None:
        """Keep attempts that failed and were followed by another, in the same thread."""
        self._parts[generator].add(ATTEMPTS, batch)

    def finish(self, origin: int, result: LoadResult) -> Whole:
        """Put them in order, when all generators have ended.

        Args:
            origin: of the load, CLOCK_MONOTONIC ns.
            result: what it came to.

        Raises:
            OSError: the disk would not take it.
        """
        for parts in self._parts:
            parts.flush()
        names = [f"generator {number + 1}" for number in range(len(self._parts))]
        facts: dict[str, Json] = {
            "origin_unix_s": result.utc / 1e9,
            "seed": result.plan.seed,
            "account": {
                "scheduled": result.scheduled,
                "recorded": result.tally.whole.total,
                "abandoned": result.abandoned,
                "attempts": result.tally.attempts,
            },
        }
        return self._recording.finish(dict.fromkeys(names, (origin, ONE_CLOCK)), origin, facts)

    def _take(self, generator: str, part: Part) -> None:
        data = request_files.packed(part.rows)
        with self._lock:
            self._recording.take(generator, part.kind, part.number, data)
