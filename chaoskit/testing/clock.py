"""A clock that a test moves."""

from __future__ import annotations

from chaoskit.core.units import Duration, duration


class FakeClock:
    """A `Clock` that only moves when it is told to, or slept on: tests of waiting code take no time.

    Attributes:
        slept: every sleep asked for, in ns, in order.
    """

    def __init__(self, *, now: Duration = 0, utc: Duration = 1_750_000_000) -> None:
        self._now = duration(now)
        self._utc_offset = duration(utc) - self._now
        self.slept: list[int] = []

    def now(self) -> int:
        """Nanoseconds since wherever it was started."""
        return self._now

    def utc(self) -> int:
        """Nanoseconds since the Unix epoch; keeps its distance to `now` unless `step_utc` changes it."""
        return self._now + self._utc_offset

    def sleep(self, ns: int) -> None:
        """Move on by `ns`; not at all when it is not positive, as the real clock."""
        self.slept.append(ns)
        self._now += max(0, ns)

    def advance(self, by: Duration) -> None:
        """Let time pass."""
        self._now += duration(by)

    def step_utc(self, seconds: float) -> None:
        """Set the wall clock forward or back, as an NTP step does; the monotonic clock does not notice."""
        self._utc_offset += round(seconds * 1e9)
