"""What the tier counts, and what follows from it for its health."""

import itertools
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
        self._numbers = itertools.count()
        self._under_way: dict[int, float] = {}
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

    def calls(self) -> int:
        """The dependency is called now; the number of the call."""
        with self._lock:
            number = next(self._numbers)
            self._under_way[number] = time.monotonic()
            return number

    def called(self, number: int, *, well: bool) -> None:
        """A call is over: it was answered in time, or late, or badly, or not at all."""
        with self._lock:
            in_time = time.monotonic() - self._under_way.pop(number) <= self._sla
            self._remember(self._calls, well and in_time)

    @property
    def _sla(self) -> float:
        sla = self._settings.dependency_sla
        return float("inf") if sla is None else sla

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
        """Whether at least half of the last second's calls were answered in time; None without any.

        A call that waits for longer than the SLA has not been, whenever its answer comes.
        """
        with self._lock:
            now = time.monotonic()
            self._forget(self._calls, now)
            late = sum(now - since > self._sla for since in self._under_way.values())
            calls = len(self._calls) + late
            return sum(well for _, well in self._calls) * 2 >= calls if calls else None

    def state(self) -> dict[str, int]:
        """Everything by name."""
        with self._lock:
            counts = {name: self._counts[name] for name in COUNTERS}
            workers, queued = self._settings.workers, self._taken - self._busy
            return {**counts, "busy": self._busy, "free": workers - self._busy, "queued": queued, "workers": workers}

    def exposition(self) -> str:
        """Everything in the text format of Prometheus."""
        lines = []
        for name, value in self.state().items():
            kind, metric = ("counter", f"tier_{name}_total") if name in COUNTERS else ("gauge", f"tier_{name}")
            lines += [f"# TYPE {metric} {kind}", f"{metric} {value}"]
        return "\n".join(lines) + "\n"
