"""Paced arrivals, judged by their slots."""

import math
import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.loads.arrivals.paced import paced
from chaoskit.loads.shapes import ramp


@given(rate=st.floats(1, 2000), duration=st.floats(0.1, 3), seed=st.integers(0, 2**32))
def test_each_slot_has_exactly_one_arrival(rate: float, duration: float, seed: int) -> None:
    """Arrival n lies in the n-th slot of 1/rate, and no slot that has passed is empty."""
    found = list(paced(rate).times(duration, random.Random(seed)))
    slots = np.array(found) * rate
    assert np.all(slots >= np.arange(len(found)) - 1e-6)
    assert np.all(slots <= np.arange(len(found)) + 1 + 1e-6)
    assert math.floor(rate * duration) - 1 <= len(found) <= math.ceil(rate * duration)


def test_moments_are_uniform_within_their_slots() -> None:
    """The position in the slot has the mean 1/2 and the variance 1/12 of a uniform one."""
    found = np.array(list(paced("100/s").times(200.0, random.Random(1)))) * 100
    position = found - np.arange(len(found))
    assert abs(position.mean() - 0.5) < 5 * (1 / 12 / len(found)) ** 0.5
    assert abs(position.var() - 1 / 12) < 0.005


def test_slots_follow_a_shape() -> None:
    """Along a ramp, the count up to any second is its integral, within one."""
    shape = ramp("10/s", "500/s", over="5s")
    found = np.array(list(paced(shape).times(8.0, random.Random(3))))
    for t in range(1, 8):
        assert abs(np.count_nonzero(found < t) - shape.expected(t)) <= 1


def test_a_part_is_a_share_of_the_rate_and_has_a_title() -> None:
    """Four clients have slots that are four times as long."""
    assert paced("400/s").part(4).rate_at(1.0) == 100
    assert paced("400/s").title == "paced, 400/s"
