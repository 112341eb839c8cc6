"""A log histogram of microseconds: 64 sub-buckets an octave, so a value is off by 1.6 % at most.

value   0 .. 127 | 128 .. 255 | 256 .. 511 | ...
bucket  0 .. 127 | 128 .. 191 | 192 .. 255 | ...     (width 1, 2, 4, ...)

The layout is that of HdrHistogram (hdrhistogram.org) with two significant digits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BITS = 6
_SUB = 1 << _BITS
_LARGEST = 2**31 - 1
BUCKETS = 1664
"""Enough for 31 bits of µs, which is 35 minutes."""


def bucket_of(values: NDArray[Any]) -> NDArray[np.int64]:
    """The bucket of each value; negative values count as 0, larger ones than 31 bits as the largest."""
    clipped = np.clip(np.asarray(values, np.int64), 0, _LARGEST)
    _, exponent = np.frexp(clipped.astype(np.float64))
    shift = np.maximum(exponent.astype(np.int64) - _BITS - 1, 0)
    return (shift << _BITS) + (clipped >> shift)


def value_of(bucket: int) -> int:
    """The middle of a bucket, µs."""
    if bucket < 2 * _SUB:
        return bucket
    shift = (bucket >> _BITS) - 1
    low = (bucket - (shift << _BITS)) << shift
    return low + (1 << shift) // 2


class Histogram:
    """Counts of values in µs; adding is vectorised, and histograms add up exactly."""

    def __init__(self, counts: NDArray[np.int64] | None = None) -> None:
        self.counts = np.zeros(BUCKETS, np.int64) if counts is None else counts

    def add(self, values: NDArray[Any]) -> None:
        """Count many values."""
        self.counts += np.bincount(bucket_of(values), minlength=BUCKETS)

    def __add__(self, other: Histogram) -> Histogram:
        return Histogram(self.counts + other.counts)

    @property
    def total(self) -> int:
        """How many values were counted."""
        return int(self.counts.sum())

    def filled(self) -> Iterator[tuple[int, int]]:
        """Value and count of every bucket that holds any, ascending."""
        for bucket in np.flatnonzero(self.counts).tolist():
            yield value_of(bucket), int(self.counts[bucket])

    def quantile(self, q: float) -> int:
        """The smallest recorded value, in µs, that a share `q` of the values does not exceed; 0 without values.

        Nearest rank: `quantile(0.99)` of 100 values is the 99th.
        """
        if not self.total:
            return 0
        rank = max(1, math.ceil(round(q * self.total, 9)))
        return value_of(int(np.searchsorted(np.cumsum(self.counts), rank)))
