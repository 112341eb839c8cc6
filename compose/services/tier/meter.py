"""What the tier counts, and what follows from it for its health."""

import statistics
import threading
import time
from collections import Counter, deque

from settings import Settings

WINDOW = 1.0
"""Seconds that health looks back on."""

COUNTERS = ("accepted", "rejected", "expired", "served", "failed")
"""Connections accepted; requests refused for want of a place, refused after their deadline, served, and failed."""


class Meter:
    """Counters and the last second; every method may be called by any thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._residence: deque[tuple[float, float]] = deque()
        self._calls: deque[tuple[float, bool]] = deque()
        self._taken = 0
        self._busy = 0

    def count(self, what: str) -> None:
        """Add one to a counter."""
        with self._lock:
            self._counts[what] += 1

    def takes(self, places: int) -> None:
        """So many requests more (or fewer) have a place."""
        with self._lock:
            self._taken += places

    def works(self, workers: int) -> None:
        """So many workers more (or fewer) are busy."""
        with self._lock:
            self._busy += workers

    def resided(self, seconds: float) -> None:
        """A request was answered so long after it had come in."""
        with self._lock:
            self._remember(self._residence, seconds)

    def called(self, *, well: bool) -> None:
        """The dependency was called, and answered or did not."""
        with self._lock:
            self._remember(self._calls, well)

    def _remember(self, record: deque, value: object) -> None:
        now = time.monotonic()
        record.append((now, value))
        self._forget(record, now)

    def _forget(self, record: deque, now: float) -> None:
        while record and record[0][0] < now - WINDOW:
            record.popleft()

    @property
    def slowness(self) -> float | None:
        """Median response time of the last second, in seconds; None without any."""
        with self._lock:
            self._forget(self._residence, time.monotonic())
            return statistics.median(took for _, took in self._residence) if self._residence else None

    @property
    def dependency_works(self) -> bool | None:
        """Whether at least half of the last second's calls were answered; None without any."""
        with self._lock:
            self._forget(self._calls, time.monotonic())
            return sum(well for _, well in self._calls) * 2 >= len(self._calls) if self._calls else None

    def exposition(self) -> str:
        """Everything in the text format of Prometheus."""
        with self._lock:
            lines = []
            for name in COUNTERS:
                lines += [f"# TYPE tier_{name}_total counter", f"tier_{name}_total {self._counts[name]}"]
            gauges = {"busy": self._busy, "queued": self._taken - self._busy, "workers": self._settings.workers}
            for name, value in gauges.items():
                lines += [f"# TYPE tier_{name} gauge", f"tier_{name} {value}"]
        return "\n".join(lines) + "\n"
