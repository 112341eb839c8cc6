"""A timer that epoll can wait for."""

import select
import time

import pytest

from chaoskit.loads.timer import Timer


@pytest.mark.parametrize("ahead", [-5_000_000, 200_000, 30_000_000])
def test_a_timer_fires_when_it_is_time(ahead: int) -> None:
    """Not before its moment, soon after it, at once when that has passed; once only."""
    timer = Timer()
    with select.epoll() as waiting:
        waiting.register(timer.fd, select.EPOLLIN)
        assert waiting.poll(0) == []
        moment = time.monotonic_ns() + ahead
        timer.arm(moment)
        assert waiting.poll(5)
        assert moment <= time.monotonic_ns() < moment + 500_000_000
        timer.clear()
        timer.clear()
        assert waiting.poll(0) == []
    timer.close()
