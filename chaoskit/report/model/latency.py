"""Latency of successful requests from their intended start: percentiles and a heat map, a bin each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.history import Requests
from chaoskit.report.model.bins import Bins
from chaoskit.report.model.traffic import succeeded

PERCENTILES = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "max": 100.0}
ROWS_A_DECADE = 8
_BITS = 32
_VALUE = (1 << _BITS) - 1
_US = 1e6
_LOWEST_S = 1e-4
"""Latencies below 100 µs are drawn as 100 µs."""


@dataclass(frozen=True)
class Latency:
    """Latencies in seconds.

    Attributes:
        percentiles: by name, a value a bin; NaN in bins without a success.
        edges: of the heat map's rows, ascending, one more than there are rows.
        heat: successes by row (lowest latency first) and bin.
        overall: percentiles of the whole run, by name; NaN without a success.
    """

    percentiles: Mapping[str, NDArray[np.float64]]
    edges: NDArray[np.float64]
    heat: NDArray[np.int64]
    overall: Mapping[str, float]


def latency(requests: Requests, bins: Bins, one_in: int = 1) -> Latency:
    """Percentiles (nearest rank) and heat map of the successes, in the bin of their intended start.

    A row stands for `one_in` successes.
    """
    rows = succeeded(requests)
    # One sort of one key, bin above latency, is twice as fast as sorting by two columns; in place, as millions are.
    keys = bins.of(requests.intended[rows])
    keys <<= _BITS
    keys += np.maximum(requests.end[rows], 0)
    keys.sort()
    starts = np.searchsorted(keys, np.arange(bins.count + 1, dtype=np.int64) << _BITS)
    values = (keys & _VALUE).astype(np.int32)
    edges = _edges(values)
    return Latency(_percentiles(values, starts), edges, one_in * _heat(values, starts, edges), _whole(values))


def _percentiles(values: NDArray[np.int32], starts: NDArray[np.int64]) -> Mapping[str, NDArray[np.float64]]:
    sizes = np.diff(starts)
    found = {}
    for name, percent in PERCENTILES.items():
        line = np.full(len(sizes), np.nan)
        rank = np.maximum(np.ceil(sizes * percent / 100).astype(np.int64), 1) - 1
        line[sizes > 0] = values[(starts[:-1] + rank)[sizes > 0]] / _US
        found[name] = line
    return found


def _whole(values: NDArray[np.int32]) -> Mapping[str, float]:
    if not len(values):
        return dict.fromkeys(PERCENTILES, float("nan"))
    found = np.percentile(values, list(PERCENTILES.values()), method="inverted_cdf") / _US
    return dict(zip(PERCENTILES, found.tolist(), strict=True))


def _edges(values: NDArray[np.int32]) -> NDArray[np.float64]:
    low = max(_LOWEST_S, float(values.min()) / _US) if len(values) else 1e-3
    high = max(low * 10, float(values.max()) / _US) if len(values) else 1.0
    first = np.floor(np.log10(low) * ROWS_A_DECADE)
    last = np.ceil(np.log10(high) * ROWS_A_DECADE + 1e-9)
    return np.asarray(10 ** (np.arange(first, last + 1) / ROWS_A_DECADE), np.float64)


def _heat(values: NDArray[np.int32], starts: NDArray[np.int64], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """Successes by row and bin; the latencies of a bin are in order, so that only the edges are looked for."""
    inner = edges[1:-1] * _US
    heat = np.empty((len(edges) - 1, len(starts) - 1), np.int64)
    for column, (start, end) in enumerate(pairwise(starts.tolist())):
        below = np.searchsorted(values[start:end], inner)
        heat[:, column] = np.diff(below, prepend=0, append=end - start)
    return heat
