"""Numbers that probes read, as lines a bin: counters by how fast they grow, gauges as they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.history import Reading
from chaoskit.report.model.bins import Bins
from chaoskit.report.model.lanes import MACHINE

MOST = 8
"""Lines shown at most; those that stand out most from their own usual level come first."""

_ENOUGH = 3
_NO_NUMBERS = {"addresses", "state"}
"""Keys of readings whose numbers (a TTL, a pid) are no quantities: DNS answers and hosts' lives."""


@dataclass(frozen=True)
class Counter:
    """One number over time.

    Attributes:
        values: a bin each, interpolated between readings: growth a second for a counter, the value for a gauge;
            NaN before the first reading and after the last.
        rate: whether `values` are growth a second.
        total: how much a counter grew in the whole run; the last value of a gauge.
    """

    probe: str
    host: str
    name: str
    values: NDArray[np.float64]
    rate: bool
    total: float


@dataclass(frozen=True)
class Counters:
    """The lines worth showing, and how many more moved."""

    shown: tuple[Counter, ...]
    further: int


def counters(readings: Iterable[Reading], bins: Bins) -> Counters:
    """Numbers that moved at all, the most remarkable first."""
    series: dict[tuple[str, str, str], list[tuple[int, float]]] = {}
    for reading in readings:
        if reading.probe == MACHINE or not _NO_NUMBERS.isdisjoint(reading.value):
            continue
        for name, value in reading.value.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                series.setdefault((reading.probe, reading.host, name), []).append((reading.t, float(value)))
    lines = [_line(key, points, bins) for key, points in series.items() if len(points) >= _ENOUGH]
    moved = sorted((line for line in lines if line is not None), key=_remarkable, reverse=True)
    return Counters(tuple(moved[:MOST]), max(0, len(moved) - MOST))


def _line(key: tuple[str, str, str], points: list[tuple[int, float]], bins: Bins) -> Counter | None:
    points.sort()
    t = np.array([at for at, _ in points], np.int64)
    values = np.array([value for _, value in points])
    growth = np.diff(values)
    if not growth.any():
        return None
    edges = np.arange(bins.count + 1, dtype=np.int64) * bins.width
    unread = (edges[1:] <= t[0]) | (edges[:-1] >= t[-1])
    whole = all(value == round(value) for value in (values[0], values[-1]))
    if whole and (growth >= 0).all():
        line = np.diff(np.interp(edges, t, values)) / bins.seconds
        return Counter(*key, np.where(unread, np.nan, line), rate=True, total=float(growth.sum()))
    line = np.interp((edges[1:] + edges[:-1]) / 2, t, values)
    return Counter(*key, np.where(unread, np.nan, line), rate=False, total=float(values[-1]))


def _remarkable(line: Counter) -> float:
    seen = line.values[~np.isnan(line.values)]
    usual, spread = float(np.median(seen)), float(np.ptp(seen))
    return spread / (abs(usual) + 1.0)
