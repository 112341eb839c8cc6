import time

from chaoskit.core.clock import MonotonicClock, anchor
from chaoskit.testing import FakeClock


def test_the_kernels_clock_only_moves_on() -> None:
    """Readings never fall, sleeping waits at least as long as asked, and not at all for nothing."""
    clock = MonotonicClock()
    start = clock.now()
    clock.sleep(2_000_000)
    assert clock.now() - start >= 2_000_000
    clock.sleep(-1)
    assert abs(clock.utc() - time.time_ns()) < 10**9


def test_an_anchor_ties_both_clocks_at_one_moment() -> None:
    """UTC is read between two monotonic readings, whose middle is the moment since the origin."""

    class Slow(FakeClock):
        """Takes 10 s to read UTC."""

        def utc(self) -> int:
            self.advance(5)
            read = super().utc()
            self.advance(5)
            return read

    tied = anchor(Slow(now=100, utc=1_000), origin=60 * 10**9)
    assert (tied.t, tied.utc) == (45 * 10**9, 1_005 * 10**9)
