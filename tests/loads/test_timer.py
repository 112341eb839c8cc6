"""A timer that epoll can wait for."""

import select
import time

import pytest

from chaoskit.loads.timer import Timer


@pytest.mark.parametrize("ahead", [-5_000_000, 200_000, 30_000_000])
def test_a_timer_fires_when_it_is_time(ahead: int) -> None:
    """Not before its moment, soon after it, at once when that has passed; once only, and again when armed again."""
    timer = Timer()
    with select.epoll() as waiting:
        waiting.register(timer.fd, select.EPOLLIN | select.EPOLLET)
        assert waiting.poll(0) == []
        for _ in range(3):
            moment = time.monotonic_ns() + ahead
            timer.arm(moment)
            assert waiting.poll(5)
            assert moment <= time.monotonic_ns() < moment + 500_000_000
            assert waiting.poll(0) == []
    timer.close()


def test_a_timer_that_is_armed_anew_forgets_its_moment() -> None:
    """What it fired for, or was to fire for, is gone, even if nobody has looked."""
    timer = Timer()
    with select.epoll() as waiting:
        waiting.register(timer.fd, select.EPOLLIN | select.EPOLLET)
        timer.arm(time.monotonic_ns() - 1)
        timer.arm(time.monotonic_ns() + 3_600_000_000_000)
        assert waiting.poll(0.02) == []
    timer.close()
