"""One clock for a whole run: CLOCK_MONOTONIC nanoseconds, tied to UTC by anchors."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """What code that waits asks for, so that tests pass a fake one and never sleep."""

    def now(self) -> int:
        """Nanoseconds on the monotonic clock."""
        ...

    def utc(self) -> int:
        """Nanoseconds since the Unix epoch."""
        ...

    def sleep(self, ns: int) -> None:
        """Wait; returns at once when `ns` is not positive."""
        ...


class MonotonicClock:
    """The kernel's clock; every process of a machine reads the same one."""

    def now(self) -> int:
        """Nanoseconds of CLOCK_MONOTONIC."""
        return time.monotonic_ns()

    def utc(self) -> int:
        """Nanoseconds since the Unix epoch, as CLOCK_REALTIME has it now."""
        return time.time_ns()

    def sleep(self, ns: int) -> None:
        """Sleep the calling thread."""
        if ns > 0:
            time.sleep(ns / 1e9)


@dataclass(frozen=True)
class Anchor:
    """One pair of readings that lets logs and dashboards in UTC line up with a history.

    Attributes:
        t: nanoseconds since the run's origin.
        utc: nanoseconds since the Unix epoch at the same moment.
    """

    t: int
    utc: int


def anchor(clock: Clock, origin: int) -> Anchor:
    """Read both clocks as close together as can be: UTC between two monotonic readings."""
    before = clock.now()
    utc = clock.utc()
    return Anchor((before + clock.now()) // 2 - origin, utc)
