"""Rates over time: height, integral, inverse."""

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.errors import UsageError
from chaoskit.loads.shapes import Shape, flat, ramp, sine, spike, step

SHAPES = [
    flat("400/s"),
    ramp("10/s", "400/s", over="10s"),
    ramp("400/s", "10/s", over="4s", after="2s"),
    ramp("0/s", "100/s", over="5s"),
    step("50/s", "200/s", at="3s"),
    step("0/s", "200/s", at="3s"),
    spike("100/s", "1000/s", at="2s", lasting="500ms"),
    spike("100/s", "0/s", at="2s", lasting="2s"),
    sine("100/s", "80/s", period="4s"),
    sine("100/s", "100/s", period="1s"),
]


@pytest.mark.parametrize(
    ("shape", "rates"),
    [
        (flat("400/s"), {0: 400, 99: 400}),
        (ramp("10/s", "400/s", over="10s"), {0: 10, 5: 205, 10: 400, 60: 400}),
        (ramp("100/s", "200/s", over="2s", after="1s"), {0.5: 100, 2: 150, 3: 200, 9: 200}),
        (step("50/s", "200/s", at="3s"), {2.999: 50, 3: 200}),
        (spike("100/s", "900/s", at="2s", lasting="1s"), {1.9: 100, 2: 900, 2.9: 900, 3: 100}),
        (sine("100/s", "50/s", period="4s"), {0: 100, 1: 150, 2: 100, 3: 50}),
    ],
)
def test_rate_at(shape: Shape, rates: dict[float, float]) -> None:
    """A shape has the rate its author wrote, at any time."""
    assert {t: shape.rate_at(t) for t in rates} == pytest.approx(rates)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.title)
def test_expected_is_the_integral_of_the_rate(shape: Shape) -> None:
    """The expected count agrees with a sum of the rate over small steps."""
    steps = 20_000
    total = sum(shape.rate_at((i + 0.5) * 10 / steps) for i in range(steps)) * 10 / steps
    assert shape.expected(10) == pytest.approx(total, rel=1e-3)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.title)
@given(counts=st.lists(st.floats(0.001, 5_000), min_size=1, max_size=20))
def test_inverse_undoes_the_integral(shape: Shape, counts: list[float]) -> None:
    """When n arrivals are expected by t, t is what the inverse says of n."""
    times = shape.inverse(np.array(counts))
    for count, time in zip(counts, times.tolist(), strict=True):
        assert shape.expected(time) == pytest.approx(count, rel=1e-6, abs=1e-6)


def test_a_rate_that_ends_has_no_further_arrivals() -> None:
    """Counts that are never reached are at infinity."""
    shape = step("100/s", "0/s", at="1s")
    assert math.isinf(shape.inverse(np.array([100.5]))[0])
    assert shape.inverse(np.array([50.0]))[0] == pytest.approx(0.5)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.title)
def test_scaled_changes_the_height_only(shape: Shape) -> None:
    """A quarter of a shape has a quarter of its rate at all times, and survives pickling."""
    quarter = pickle.loads(pickle.dumps(shape.scaled(0.25)))
    for t in (0, 0.7, 2.2, 3.3, 20):
        assert quarter.rate_at(t) == pytest.approx(shape.rate_at(t) / 4)


def test_mistakes_are_named() -> None:
    """A ramp without a length, a sine below zero or without a period are refused."""
    with pytest.raises(UsageError, match="ramp takes time"):
        ramp("1/s", "2/s", over=0)
    with pytest.raises(UsageError, match="cannot swing"):
        sine("10/s", "11/s", period="1s")
    with pytest.raises(UsageError, match="period above zero"):
        sine("10/s", "1/s", period=0)
