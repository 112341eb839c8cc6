"""A histogram as the text of HdrHistogram's percentile distribution, which its plotter and others read.

The columns and the places at which percentiles are taken are those of `AbstractHistogram.outputPercentileDistribution`
of HdrHistogram (https://github.com/HdrHistogram/HdrHistogram), with five of them each time the rest halves.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from chaoskit.loads.histogram import BUCKETS, Histogram

_TICKS = 5
_SCALE = 1000.0
"""Values are in ms, which is usual in such files; the histogram's are in µs."""
_SUB_BUCKETS = 128
_WHOLE = 100.0


def percentile_distribution(histogram: Histogram) -> str:
    """The whole file: values in ms, the share that does not exceed each, how many these are, and 1/(1 - share)."""
    lines = [f"{'Value':>12} {'Percentile':>14} {'TotalCount':>10} {'1/(1-Percentile)':>14}", ""]
    lines += [_line(*row) for row in _rows(histogram)]
    return "\n".join([*lines, *_foot(histogram), ""])


def _rows(histogram: Histogram) -> Iterator[tuple[float, float, int]]:
    """Value, share and cumulative count, a line each; the last share is 1."""
    total, reached, level = histogram.total, 0, 0.0
    for value, count in histogram.filled():
        reached += count
        if reached == total:
            yield value / _SCALE, level / _WHOLE, total
            yield value / _SCALE, 1.0, total
            return
        while _WHOLE * reached / total >= level:
            yield value / _SCALE, level / _WHOLE, reached
            level += _WHOLE / _ticks_at(level)


def _ticks_at(level: float) -> float:
    """How many steps of the present size the whole has: they halve with what is left."""
    return _TICKS * 2.0 ** (math.floor(math.log2(_WHOLE / (_WHOLE - level))) + 1)


def _line(value: float, share: float, count: int) -> str:
    inverse = f" {1 / (1 - share):14.2f}" if share < 1 else ""
    return f"{value:12.3f} {share:2.12f} {count:10d}{inverse}"


def _foot(histogram: Histogram) -> Iterator[str]:
    filled = list(histogram.filled())
    values = np.array([value for value, _ in filled], np.float64) / _SCALE
    counts = np.array([count for _, count in filled], np.float64)
    total = histogram.total
    mean = float((values * counts).sum() / total) if total else 0.0
    deviation = math.sqrt(float((counts * (values - mean) ** 2).sum() / total)) if total else 0.0
    longest = float(values[-1]) if total else 0.0
    yield f"#[Mean    = {mean:12.3f}, StdDeviation   = {deviation:12.3f}]"
    yield f"#[Max     = {longest:12.3f}, Total count    = {total:12d}]"
    yield f"#[Buckets = {BUCKETS // (_SUB_BUCKETS // 2):12d}, SubBuckets     = {_SUB_BUCKETS:12d}]"
