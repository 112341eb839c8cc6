"""Arrival processes, judged by what defines them."""

import pickle
import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.load import Arrivals
from chaoskit.loads.arrivals import constant, poisson
from chaoskit.loads.shapes import ramp, spike


def times(arrivals: Arrivals, duration: float, seed: int = 1) -> list[float]:
    """The whole process as a list."""
    return list(arrivals.times(duration, random.Random(seed)))


@given(rate=st.floats(0.5, 5000), duration=st.floats(0.01, 3), seed=st.integers(0, 2**32))
def test_arrivals_ascend_within_the_duration(rate: float, duration: float, seed: int) -> None:
    """Every arrival lies in [0, duration), none is before its predecessor."""
    for process in (poisson(rate), constant(rate)):
        found = times(process, duration, seed)
        assert all(0 <= t < duration for t in found)
        assert all(a <= b for a, b in pairwise(found))


@given(rate=st.floats(1, 2000), seed=st.integers(0, 2**32))
def test_constant_arrivals_are_evenly_spread(rate: float, seed: int) -> None:
    """Gaps are all 1/rate, and the count is rate x duration within one."""
    found = times(constant(rate), 2.0, seed)
    assert abs(len(found) - 2 * rate) <= 1
    assert np.allclose(np.diff(found), 1 / rate, rtol=1e-6, atol=1e-9)


def test_poisson_counts_and_gaps() -> None:
    """Counts have mean and variance rate x time; gaps are exponential (their deviation equals their mean)."""
    found = np.array(times(poisson("1000/s"), 100.0))
    counts = np.histogram(found, bins=1000, range=(0, 100))[0]
    assert abs(len(found) - 100_000) < 5 * 100_000**0.5
    assert counts.var() == pytest.approx(counts.mean(), rel=0.2)
    gaps = np.diff(found)
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.02)
    assert np.median(gaps) == pytest.approx(gaps.mean() * np.log(2), rel=0.02)


@pytest.mark.parametrize("make", [poisson, constant])
def test_arrivals_follow_a_shape(make: type) -> None:
    """The arrivals of each second are as many as the shape's integral says, within chance."""
    shape = ramp("100/s", "2000/s", over="10s")
    counts = np.histogram(times(make(shape), 10.0), bins=10, range=(0, 10))[0]
    expected = np.diff([shape.expected(t) for t in range(11)])
    assert np.all(np.abs(counts - expected) < 5 * np.sqrt(expected))


def test_a_part_is_a_share_of_the_rate() -> None:
    """Four clients' parts add up to the load, along its shape."""
    whole = poisson(spike("100/s", "800/s", at="1s", lasting="1s"))
    assert whole.part(4).rate_at(0.5) == pytest.approx(25)
    assert whole.part(4).rate_at(1.5) == pytest.approx(200)


def test_arrivals_are_values() -> None:
    """The same words make equal processes, which survive pickling and repeat themselves by seed."""
    process = poisson(ramp("10/s", "40/s", over="2s"))
    again = pickle.loads(pickle.dumps(process))
    assert again == process == poisson(ramp("10/s", "40/s", over="2s"))
    assert times(again, 3.0, 7) == times(process, 3.0, 7) != times(process, 3.0, 8)


def test_titles_name_process_and_rate() -> None:
    """A plan can print what will arrive."""
    assert poisson("400/s").title == "Poisson, 400/s"
    assert constant(ramp("10/s", "400/s", over="10s")).title == "constant, 10/s to 400/s over 10 s"
