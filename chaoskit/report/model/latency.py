"""Latency of successful requests from their intended start: percentiles and a heat map, a bin each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.history import Requests
from chaoskit.report.model.bins import Bins
from chaoskit.report.model.traffic import succeeded

PERCENTILES = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "max": 100.0}
ROWS_A_DECADE = 8
_BITS = 32
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


def latency(requests: Requests, bins: Bins) -> Latency:
    """Percentiles (nearest rank) and heat map of the successes, in the bin of their intended start."""
    rows = succeeded(requests)
    # One sort of one key, bin above latency, is twice as fast as sorting by two columns.
    keys = (bins.of(requests.intended[rows]) << _BITS) + np.maximum(requests.end[rows], 0)
    keys.sort()
    when, values = keys >> _BITS, (keys & ((1 << _BITS) - 1)) / 1e6
    edges = _edges(values)
    return Latency(
        _percentiles(when, values, bins.count), edges, _heat(when, values, edges, bins.count), _whole(values)
    )


def _percentiles(when: NDArray[np.int64], values: NDArray[np.float64], count: int) -> Mapping[str, NDArray[np.float64]]:
    starts = np.searchsorted(when, np.arange(count + 1))
    sizes = np.diff(starts)
    found = {}
    for name, percent in PERCENTILES.items():
        line = np.full(count, np.nan)
        rank = np.maximum(np.ceil(sizes * percent / 100).astype(np.int64), 1) - 1
        line[sizes > 0] = values[(starts[:-1] + rank)[sizes > 0]]
        found[name] = line
    return found


def _whole(values: NDArray[np.float64]) -> Mapping[str, float]:
    if not len(values):
        return dict.fromkeys(PERCENTILES, float("nan"))
    return {name: float(np.percentile(values, percent, method="inverted_cdf")) for name, percent in PERCENTILES.items()}


def _edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    low = max(_LOWEST_S, float(values.min())) if len(values) else 1e-3
    high = max(low * 10, float(values.max())) if len(values) else 1.0
    first = np.floor(np.log10(low) * ROWS_A_DECADE)
    last = np.ceil(np.log10(high) * ROWS_A_DECADE + 1e-9)
    return np.asarray(10 ** (np.arange(first, last + 1) / ROWS_A_DECADE), np.float64)


def _heat(
    when: NDArray[np.int64], values: NDArray[np.float64], edges: NDArray[np.float64], count: int
) -> NDArray[np.int64]:
    rows = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    return np.bincount(rows * count + when, minlength=(len(edges) - 1) * count).reshape(-1, count)
