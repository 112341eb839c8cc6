"""Counts of requests as they travel from an engine's process to whoever shows them, and the thread that counts."""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chaoskit.loads.columns import columns
from chaoskit.loads.drain import Drain
from chaoskit.loads.histogram import BUCKETS, Histogram
from chaoskit.loads.statistics import Cell, Cells, Statistics

if TYPE_CHECKING:
    from chaoskit.loads.engine import Engine

Sparse = list[list[int]]
"""A histogram's buckets and their counts, those that hold any: exact, and short."""


class Tally(Drain):
    """Counts rows instead of passing them on.

    Attributes:
        statistics: requests by load and second.
        attempts: how many failed and were followed by another.
    """

    def __init__(self, origin: int) -> None:
        super().__init__()
        self.statistics = Statistics()
        self.attempts = 0
        self._origin = origin
        self._lag = Histogram()
        self._lock = allocate_lock()

    def write(self, rows: bytes, engine: Engine) -> None:
        """Count requests."""
        self.count(columns(rows, engine.rows.combinations, self._origin), engine)

    def write_attempts(self, rows: bytes, engine: Engine) -> None:
        """Count attempts."""
        self.count_attempts(columns(rows, engine.attempts.combinations, self._origin), engine)

    def count(self, table: Mapping[str, NDArray[Any]], engine: Engine) -> None:
        """Count requests, as columns."""
        self.statistics.add(table)
        with self._lock:
            self._lag.add(table["lag"])

    def count_attempts(self, table: Mapping[str, NDArray[Any]], engine: Engine) -> None:
        """Count attempts, as columns."""
        self.attempts += len(table["end"])

    def lag(self) -> Histogram:
        """By how much requests were taken up after they were due, µs."""
        with self._lock:
            return Histogram(self._lag.counts.copy())


def sparse(histogram: Histogram) -> Sparse:
    """A histogram as JSON has it."""
    filled = np.flatnonzero(histogram.counts)
    return [[bucket, count] for bucket, count in zip(filled.tolist(), histogram.counts[filled].tolist(), strict=True)]


def histogram(buckets: Sparse) -> Histogram:
    """A histogram from what `sparse` made of it."""
    counts = np.zeros(BUCKETS, np.int64)
    for bucket, count in buckets:
        counts[bucket] += count
    return Histogram(counts)


def packed(cells: Cells) -> list[Any]:
    """Counts as JSON has them."""
    return [
        [load, second, sparse(cell.latencies), [list(pair) for pair in cell.failures.items()]]
        for (load, second), cell in cells.items()
    ]


def unpacked(told: list[Any]) -> Cells:
    """Counts from what `packed` made of them."""
    return {(load, second): Cell(histogram(buckets), dict(failures)) for load, second, buckets, failures in told}
