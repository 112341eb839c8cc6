"""Bursts, judged by when they are, how long they last and how many arrive."""

import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.errors import UsageError
from chaoskit.loads.arrivals.bursty import Bursty, bursty


def times(process: Bursty, duration: float, seed: int = 1) -> np.ndarray:
    """The whole process."""
    return np.array(list(process.times(duration, random.Random(seed))))


@given(
    rate=st.floats(1, 2000),
    on=st.floats(0.05, 2),
    off=st.floats(0.05, 2),
    seed=st.integers(0, 2**32),
    fixed=st.booleans(),
)
def test_arrivals_ascend_within_the_duration(rate: float, on: float, off: float, seed: int, fixed: bool) -> None:
    """Every arrival lies in [0, duration), none is before its predecessor."""
    found = times(bursty(rate, on=on, off=off, periods="fixed" if fixed else "exponential"), 3.0, seed).tolist()
    assert all(0 <= t < 3.0 for t in found)
    assert all(a <= b for a, b in pairwise(found))


def test_fixed_bursts_are_where_they_are_said_to_be() -> None:
    """Nothing arrives between two bursts; each has rate x on arrivals, within chance."""
    found = times(bursty("1000/s", on="1s", off="3s", periods="fixed"), 40.0)
    assert np.all(found % 4 < 1)
    counts = np.bincount((found // 4).astype(int), minlength=10)
    assert np.all(np.abs(counts - 1000) < 5 * 1000**0.5)


def test_exponential_bursts_have_the_mean_rate_that_is_documented() -> None:
    """Over 4,000 cycles: rate x on / (on + off), and gaps longer than a burst's own are as long as `off` says."""
    process = bursty("200/s", on="100ms", off="300ms")
    found = times(process, 1600.0)
    assert process.mean == pytest.approx(50)
    assert len(found) / 1600 == pytest.approx(50, rel=0.06)
    quiet = np.diff(found)
    quiet = quiet[quiet > 0.1]  # by chance a gap within a burst is so long once in 5e8
    assert quiet.mean() - 0.1 == pytest.approx(0.3, rel=0.06)


def test_the_expected_rate_is_that_of_many_runs() -> None:
    """From a burst at 0 the average over seeds falls to the mean, as the formula says."""
    process = bursty("100/s", on="500ms", off="1s")
    runs = [times(process, 2.0, seed) for seed in range(400)]
    counts = sum(np.histogram(run, bins=8, range=(0, 2))[0] for run in runs) / 400 / 0.25
    expected = [np.mean([process.rate_at(t + d) for d in np.linspace(0, 0.25, 20)]) for t in np.arange(0, 2, 0.25)]
    assert counts == pytest.approx(expected, rel=0.2)
    assert process.rate_at(0) == 100


def test_another_rate_has_the_same_bursts() -> None:
    """What the seed decides first is when bursts are: the busier source is quiet when the other is."""
    few, many = (times(bursty(rate, on="200ms", off="1s"), 20.0, 5) for rate in ("100/s", "1000/s"))
    quiet = [(a, b) for a, b in pairwise(many) if b - a > 0.2]
    assert quiet
    assert not any(((few > a + 0.05) & (few < b - 0.05)).any() for a, b in quiet)


def test_a_part_is_a_share_of_the_rate_and_titles_say_all() -> None:
    """Words and numbers of a plan."""
    process = bursty("400/s", on="1s", off="3s", periods="fixed")
    assert process.part(4).rate_at(0.5) == 100
    assert process.part(4).rate_at(1.5) == 0
    assert process.title == "bursts of 400/s, 1 s on and 3 s off each (mean 100/s)"


@pytest.mark.parametrize(("words", "message"), [({"off": "0s"}, "off for a while"), ({"periods": "odd"}, "odd")])
def test_what_makes_no_bursts_is_refused(words: dict[str, str], message: str) -> None:
    """A source without a pause, or with periods of an unknown kind, is a mistake."""
    with pytest.raises(UsageError, match=message):
        bursty("1/s", **{"on": "1s", "off": "1s"} | words)
