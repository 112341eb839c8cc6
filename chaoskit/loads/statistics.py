"""Counts of requests by load and second of completion, for whoever shows them second by second.

Filled by the writer thread with numpy, a batch at a time; taken by Locust's side once a second.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.core.units import NS
from chaoskit.loads.histogram import Histogram

_OK = OUTCOMES.index(Outcome.OK)
_SECONDS = 1 << 32
"""More than any run has: load and second make one number, which numpy groups by far faster than pairs."""


@dataclass
class Cell:
    """One load in one second: latencies in µs from the intended start, and failures by outcome (its code)."""

    latencies: Histogram = field(default_factory=Histogram)
    failures: dict[int, int] = field(default_factory=dict)


Cells = dict[tuple[int, int], Cell]
"""By code of the load, and second since the origin in which the request ended."""


class Statistics:
    """Cells that fill up until they are taken."""

    def __init__(self) -> None:
        self._cells: Cells = {}
        self._lock = allocate_lock()

    def add(self, table: Mapping[str, NDArray[Any]]) -> None:
        """Count a batch of rows."""
        seconds = (table["intended"] + table["end"].astype(np.int64) * 1000) // NS
        keys = table["load"].astype(np.int64) * _SECONDS + seconds
        with self._lock:
            for key in np.unique(keys).tolist():
                rows = keys == key
                load, second = divmod(key, _SECONDS)
                cell = self._cells.setdefault((load, second), Cell())
                cell.latencies.add(table["end"][rows])
                codes = np.bincount(table["outcome"][rows], minlength=len(OUTCOMES))
                for code in np.flatnonzero(codes).tolist():
                    if code != _OK:
                        cell.failures[code] = cell.failures.get(code, 0) + int(codes[code])

    def take(self) -> Cells:
        """What was counted since the last time."""
        with self._lock:
            taken, self._cells = self._cells, {}
        return taken
