from chaoskit.core.clock import Clock
from chaoskit.testing import FakeClock


def test_it_moves_when_it_is_slept_on_or_told_to() -> None:
    """No real time passes; what was slept is remembered."""
    clock: Clock = (fake := FakeClock(now=5))
    clock.sleep(3 * 10**9)
    clock.sleep(-1)
    fake.advance("500ms")
    assert clock.now() == 8_500_000_000
    assert fake.slept == [3 * 10**9, -1]


def test_utc_goes_with_it_unless_it_is_stepped() -> None:
    """A step of the wall clock is invisible on the monotonic one."""
    clock = FakeClock(utc=1_000)
    clock.advance(2)
    assert clock.utc() == 1_002 * 10**9
    clock.step_utc(-60)
    assert (clock.utc(), clock.now()) == (942 * 10**9, 2 * 10**9)
