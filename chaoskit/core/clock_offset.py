r"""How far another machine's clock is from this one's, by round trips, as NTP has it (RFC 5905, section 8).

this clock     sent t1 ---.                      .--> returned t4
                           \                    /
other clock      received t2 `------ answered t3

offset = ((t2 - t1) + (t3 - t4)) / 2, delay = (t4 - t1) - (t3 - t2). The way there may have taken all of the delay, or
none of it: the truth is within half of the delay of the offset, however uneven the ways are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from chaoskit.core.errors import UsageError

DRIFT = 15e-6
"""Seconds a second that a clock is taken to go wrong: PHI, the frequency tolerance of RFC 5905 (section 7.2)."""


@dataclass(frozen=True)
class RoundTrip:
    """One question and its answer, in ns: sent and returned by this clock, received and answered by the other.

    Raises:
        UsageError: it came back before it was sent, or spent more time there than it was away.
    """

    sent: int
    received: int
    answered: int
    returned: int

    def __post_init__(self) -> None:
        if self.answered < self.received or self.delay < 0:
            raise UsageError(
                f"no round trip takes {self.delay} ns with {self.answered - self.received} ns at the other end",
                remedy="Read CLOCK_MONOTONIC on both sides, which never steps.",
            )

    @property
    def delay(self) -> int:
        """Time it was under way, both ways together, in ns."""
        return (self.returned - self.sent) - (self.answered - self.received)

    @property
    def offset(self) -> int:
        """The other clock's lead over this one if both ways took the same time, in ns, rounded down."""
        return ((self.received - self.sent) + (self.answered - self.returned)) // 2


@dataclass(frozen=True)
class ClockOffset:
    """The other clock's lead over this one.

    Attributes:
        offset: ns to take off the other clock's readings.
        bound: ns that the truth is away from it at most, at the moment it was measured.
        at: that moment by the other clock, ns.
        drift: seconds a second that the two may come apart.
    """

    offset: int
    bound: int
    at: int
    drift: float = 2 * DRIFT

    def error_at(self, moment: int) -> int:
        """The bound of the error at another moment of the other clock, in ns: both clocks drift meanwhile."""
        return self.bound + math.ceil(self.drift * abs(moment - self.at))


@dataclass(frozen=True)
class ClockCourse:
    """The other clock's lead as several measurements have it, each at a moment of its own.

    All of them are right, so the truth is where they agree: the intersection of what each allows, as in Marzullo and
    Owicki, Maintaining the Time in a Distributed System, 1983. A measurement before and one after a run so bound its
    whole time far better than either does. Where they contradict each other a clock has been stopped or stepped, and
    the truth is somewhere between them.

    Attributes:
        measured: at least one.
    """

    measured: tuple[ClockOffset, ...]

    def shown_at(self, moment: int) -> int:
        """What the other clock shows at a moment of this one, ns."""
        return moment + self.offset_at(moment + self.measured[-1].offset)

    def offset_at(self, moment: int) -> int:
        """Ns to take off the other clock's reading of that moment."""
        return sum(self._between(moment)) // 2

    def error_at(self, moment: int) -> int:
        """Ns that the truth is away from `offset_at` at most."""
        low, high = self._between(moment)
        return abs(high - low + 1) // 2

    def _between(self, moment: int) -> tuple[int, int]:
        low = max(one.offset - one.error_at(moment) for one in self.measured)
        high = min(one.offset + one.error_at(moment) for one in self.measured)
        return min(low, high), max(low, high)


SAME_CLOCK = ClockOffset(0, 0, 0, drift=0)
"""Of a process of this machine: CLOCK_MONOTONIC is the same for all of them, in time namespaces too but for an offset
that whoever makes one knows (time_namespaces(7))."""


def measured(trips: Iterable[RoundTrip]) -> ClockOffset:
    """The offset by the quickest of several round trips, the one that leaves the least doubt (RFC 5905, section 10).

    Raises:
        UsageError: there are none.
    """
    best = min(trips, key=lambda trip: trip.delay, default=None)
    if best is None:
        raise UsageError("without a round trip nothing is known of the other clock")
    return ClockOffset(best.offset, best.delay // 2 + 1, best.received)  # and 1 ns for what was rounded
