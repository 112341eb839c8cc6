"""The percentile distribution, with HdrHistogram's own library as the oracle."""

from __future__ import annotations

import io
import math
from itertools import pairwise

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.engine.loading.hgrm import percentile_distribution
from chaoskit.loads.histogram import Histogram

Row = tuple[float, float, int]


def written(values: list[int]) -> str:
    """The file of these values, in µs."""
    histogram = Histogram()
    histogram.add(np.array(values, np.int64))
    return percentile_distribution(histogram)


def by_library(values: list[int]) -> str:
    """What HdrHistogram's own library writes of them."""
    oracle, out = HdrHistogram(1, 3_600_000_000, 3), io.BytesIO()
    for value in values:
        oracle.record_value(value)
    oracle.output_percentile_distribution(out, 1000)
    return out.getvalue().decode()


def rows(text: str) -> list[Row]:
    """Value (ms), share and count of each line between head and foot."""
    lines = [line.split() for line in text.splitlines()[2:] if not line.startswith("#")]
    return [(float(line[0]), float(line[1]), int(line[2])) for line in lines]


@given(st.lists(st.integers(1, 60_000_000), min_size=1, max_size=300))
def test_every_line_is_the_nearest_rank(values: list[int]) -> None:
    """At each share the value is that of the sorted list, but for 1.6 % of a bucket; the last line is all of them."""
    ordered, found = sorted(values), rows(written(values))
    for value, share, count in found:
        rank = max(1, math.ceil(round(share * len(values), 6)))
        assert value * 1000 == pytest.approx(ordered[rank - 1], rel=0.017, abs=0.51)
        assert count >= rank
    assert [row[1:] for row in found] == sorted(row[1:] for row in found)
    assert found[-1][1:] == (1.0, len(values))


def test_there_are_five_lines_each_time_the_rest_halves() -> None:
    """0 to 50 %, 50 to 75 %, 75 to 87.5 %: so the tail is as finely drawn as the middle."""
    shares = [row[1] for row in rows(written(list(range(1000, 11_000))))]
    halves = [1 - 0.5**n for n in range(7)]
    assert [sum(low <= share < high for share in shares) for low, high in pairwise(halves)] == [5] * 6


def test_head_and_foot_are_the_librarys() -> None:
    """The same first line, and the same sums at the end, so that its plotter reads it."""
    values = [1000, 2000, 3000, 40_000]
    theirs, mine = by_library(values).splitlines(), written(values).splitlines()
    assert mine[:2] == theirs[:2]
    assert [line.split("=")[0] for line in mine[-3:]] == [line.split("=")[0] for line in theirs[-3:]]
    assert float(mine[-3].split("=")[1].split(",")[0]) == pytest.approx(11.5, rel=0.01)


def test_without_a_value_there_are_no_lines() -> None:
    """Head and foot alone, with a count of zero."""
    text = written([])
    assert rows(text) == []
    assert "Total count    =            0" in text
