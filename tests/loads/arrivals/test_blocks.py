"""Moments in blocks: the same ones, whichever way they are taken."""

from __future__ import annotations

import random

import numpy as np
import pytest

from chaoskit.core.load import Arrivals
from chaoskit.loads.arrivals import constant, poisson
from chaoskit.loads.arrivals.blocks import Blocks
from chaoskit.loads.arrivals.paced import paced
from chaoskit.loads.shapes import ramp


@pytest.mark.parametrize(
    "arrivals",
    [poisson("3000/s"), constant("3000/s"), paced("3000/s"), poisson(ramp("10/s", "5000/s", over="1s"))],
    ids=lambda arrivals: arrivals.title,
)
def test_single_moments_are_those_of_the_blocks(arrivals: Arrivals) -> None:
    """One by one or as arrays: equal, ascending, and none at or after the end."""
    one_by_one = list(arrivals.times(1.5, random.Random(7)))
    blocks = arrivals.times(1.5, random.Random(7))
    assert isinstance(blocks, Blocks)
    whole = np.concatenate(list(blocks.whole))
    assert whole.tolist() == one_by_one
    assert np.all(np.diff(whole) >= 0)
    assert whole[0] >= 0
    assert whole[-1] < 1.5


def test_a_rate_that_does_not_change_is_met() -> None:
    """The short way for it is the same arithmetic: 3000 a second within five standard deviations."""
    count = len(list(poisson("3000/s").times(10, random.Random(1))))
    assert count == pytest.approx(30_000, abs=5 * 30_000**0.5)
