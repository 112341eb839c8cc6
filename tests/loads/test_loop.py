"""How the loops of both transports wait: at once when calm, for more than one thing when busy, never for long."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from chaoskit.loads.loop import FAR, REST, Loop
from chaoskit.loads.transport import transport

pytestmark = pytest.mark.usefixtures("each_transport")
MS = 1_000_000
LOOKS_BACK_NS = 6 * MS


@pytest.fixture
def loop() -> Iterator[Loop]:
    """A loop of the transport's."""
    made = transport().loop()
    yield made
    made.close()


def waited(loop: Loop, until: int) -> int:
    """How long, in ns, a wait took."""
    now = time.monotonic_ns()
    loop.wait(until, now)
    return time.monotonic_ns() - now


def busy(loop: Loop) -> None:
    """Have it look back on work, and nothing but work: where the machine does something else meanwhile, again."""
    for _ in range(500):
        loop.wait(0, time.monotonic_ns())
        since, used = time.monotonic_ns(), time.thread_time_ns()
        while time.monotonic_ns() < since + LOOKS_BACK_NS:
            pass
        if time.thread_time_ns() - used > 0.9 * (time.monotonic_ns() - since):
            loop.wait(0, time.monotonic_ns())
            return
    pytest.fail("the machine never leaves a thread alone for some milliseconds")


def quickest(loop: Loop, until: int) -> int:
    """Of several waits, each after work: the machine may hold one of them up."""
    took = []
    for _ in range(20):
        busy(loop)
        took.append(waited(loop, until))
    return min(took)


def test_a_calm_loop_comes_back_at_once_when_something_is_due(loop: Loop) -> None:
    """It lets nothing pass to have more to do."""
    loop.wait(0, time.monotonic_ns())
    time.sleep(0.05)  # idle, for longer than it looks back
    loop.wait(0, time.monotonic_ns())
    assert min(waited(loop, 1) for _ in range(20)) < REST // 2


def test_a_busy_loop_lets_a_little_time_pass(loop: Loop) -> None:
    """Though something is due already, and not much longer than it says."""
    assert REST <= quickest(loop, 1) < 10 * REST


def test_a_busy_loop_with_a_backlog_does_not_wait(loop: Loop) -> None:
    """Whoever says so has work to do right now."""
    assert quickest(loop, 0) < REST // 2


def test_a_busy_loop_is_woken(loop: Loop) -> None:
    """News of a descriptor, a timer or another thread is not slept through."""
    reading, writing = os.pipe()
    seen: list[int] = []
    os.set_blocking(reading, False)
    loop.watch(reading, seen.append)
    busy(loop)
    os.write(writing, b"x")
    deadline = time.monotonic() + 5
    while not seen and time.monotonic() < deadline:
        loop.wait(FAR, time.monotonic_ns())
    loop.forget(reading)
    os.close(reading)
    os.close(writing)
    assert seen
