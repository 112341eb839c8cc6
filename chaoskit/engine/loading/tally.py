"""Counts of what generators hand back: memory depends on the number of bins, not on that of requests."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.history import Requests
from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.loads.histogram import BUCKETS, Histogram, bucket_of

MOST_BINS = 150
"""Bins a load is cut into for a plot: about the columns that a chart has."""

_OK = OUTCOMES.index(Outcome.OK)


def _no_outcomes() -> NDArray[np.int64]:
    return np.zeros(len(OUTCOMES), np.int64)


@dataclass
class Counts:
    """What a number of requests came to.

    Attributes:
        outcomes: how many, by the code of their outcome.
        latencies: of successes, µs from the intended start.
        lags: of all, µs.
        longest: the longest latency of a success, in µs, exactly; 0 without one.
        latest: the longest lag, in µs, exactly.
    """

    outcomes: NDArray[np.int64] = field(default_factory=_no_outcomes)
    latencies: Histogram = field(default_factory=Histogram)
    lags: Histogram = field(default_factory=Histogram)
    longest: int = 0
    latest: int = 0

    def add(self, batch: Requests) -> None:
        """Count a batch."""
        took = batch.end[batch.outcome == _OK]
        self.outcomes += np.bincount(batch.outcome, minlength=len(OUTCOMES))
        self.latencies.add(took)
        self.lags.add(batch.lag)
        self.longest = max(self.longest, int(took.max(initial=0)))
        self.latest = max(self.latest, int(batch.lag.max(initial=0)))

    @property
    def total(self) -> int:
        """How many requests."""
        return int(self.outcomes.sum())

    @property
    def succeeded(self) -> int:
        """How many of them were successes."""
        return int(self.outcomes[_OK])

    def by_class(self) -> dict[str, int]:
        """How many had each outcome; `ok` always, others where there are any."""
        return {
            str(outcome): int(count)
            for outcome, count in zip(OUTCOMES, self.outcomes, strict=True)
            if count or outcome is Outcome.OK
        }


class Tally:
    """Everything counted so far, what came since somebody last looked, and the course of it in bins.

    Args:
        duration: ns during which requests arrive.
        bins: into how many spans that time is cut.
    """

    def __init__(self, duration: int, bins: int = MOST_BINS) -> None:
        self.whole = Counts()
        self.width = max(1, -(-duration // bins))
        self.outcomes = np.zeros((bins, len(OUTCOMES)), np.int64)
        self.latencies = np.zeros((bins, BUCKETS), np.int64)
        self.attempts = 0
        self._recent = Counts()
        self._lock = threading.Lock()

    def add(self, batch: Requests) -> None:
        """Count a batch of rows; generators call it from their own threads."""
        bins = np.clip(batch.intended // self.width, 0, len(self.outcomes) - 1)
        good = batch.outcome == _OK
        with self._lock:
            self.whole.add(batch)
            self._recent.add(batch)
            np.add.at(self.outcomes, (bins, batch.outcome), 1)
            np.add.at(self.latencies, (bins[good], bucket_of(batch.end[good])), 1)

    def add_attempts(self, batch: Requests) -> None:
        """Count attempts that failed and were followed by another."""
        with self._lock:
            self.attempts += len(batch)

    def recent(self) -> Counts:
        """What was counted since the last call."""
        with self._lock:
            taken, self._recent = self._recent, Counts()
        return taken
