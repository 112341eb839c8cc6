"""How many engines loads get."""

from __future__ import annotations

import os

import pytest

from chaoskit.core.load import Arrivals
from chaoskit.loads import scale
from chaoskit.loads.arrivals import constant, poisson
from chaoskit.loads.arrivals.closed import closed
from chaoskit.loads.shapes import spike


@pytest.mark.parametrize(
    ("arrivals", "engines"),
    [
        ([poisson("10/s")], 1),
        ([poisson("20000/s")], 1),
        ([poisson("15000/s"), constant("15000/s")], 2),
        ([poisson("59000/s")], 3),
        ([poisson("1000000/s")], 4),
        ([poisson(spike("10/s", "60000/s", at="10m", lasting="1m"))], 3),
        ([poisson("60000/s"), closed(10)], 1),
    ],
)
def test_engines_follow_the_highest_rate(
    monkeypatch: pytest.MonkeyPatch, arrivals: list[Arrivals], engines: int
) -> None:
    """One for each 20,000 a second, at most one a core - here four -, and one where users wait for answers."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1, 2, 3})
    assert scale.engines_for(arrivals) == engines


def test_cores_are_those_that_may_be_used() -> None:
    """A process that is bound to one core has one."""
    bound = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(bound)})
    try:
        assert scale.cores() == 1
    finally:
        os.sched_setaffinity(0, bound)
