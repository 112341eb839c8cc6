"""Numbers that probes read, as lines a bin: counters by how fast they grow, gauges as they are."""

from __future__ import annotations

import re
from collections import Counter as Tally
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.history import Reading
from chaoskit.report.model.bins import Bins
from chaoskit.report.model.lanes import MACHINE

MOST = 8
"""Lines shown at most: what checks refer to, then what stands out most from its own usual level."""

_ENOUGH = 3
_FEW = 8
"""A probe that reads at most so many numbers has its constant ones told, too."""

_NO_NUMBERS = {"addresses", "state"}
"""Keys of readings whose numbers (a TTL, a pid) are no quantities: DNS answers and hosts' lives."""

_MOMENTS = {"since"}
"""Names of numbers that are moments, not quantities."""

_CAMEL = re.compile(r"[A-Z](?=.*[a-z])\w*[A-Z]\w*")
"""How the kernel writes its counters in /proc/net/snmp and /proc/net/netstat: `TcpRetransSegs`."""

_COUNTED = {"packets", "bytes", "datagrams", "segments", "dropped", "kept", "total", "count", "counter", "counters"}
"""Words in the name of a number, or of its probe, that only ever grows."""

Key = tuple[str, str, str]
"""Probe, host, name."""


@dataclass(frozen=True)
class Counter:
    """One number over time.

    Attributes:
        values: a bin each: growth a second for a counter, interpolated between readings; the highest reading
            for a gauge, or the one before it in bins without any. NaN before the first reading and after the last.
        rate: whether `values` are growth a second.
        total: how much a counter grew in the whole run; the last value of a gauge.
        most: the highest growth a second of a counter in a bin; the highest reading of a gauge.
    """

    probe: str
    host: str
    name: str
    values: NDArray[np.float64]
    rate: bool
    total: float
    most: float


@dataclass(frozen=True)
class Constant:
    """One number that never moved; `said` of the `taken` readings told it."""

    probe: str
    host: str
    name: str
    value: float
    said: int
    taken: int


@dataclass(frozen=True)
class Counters:
    """The lines worth showing, how many more moved, and what never did."""

    shown: tuple[Counter, ...]
    further: int
    constants: tuple[Constant, ...] = ()


def counters(readings: Sequence[Reading], bins: Bins, titles: Iterable[str] = ()) -> Counters:
    """Numbers that moved, the most remarkable first, and those that did not.

    What the checks refer to whose titles are given is shown before anything else.
    """
    series = _series(readings)
    referred = _words(titles)
    lines = [_line(key, points, bins) for key, points in series.items() if len(points) >= _ENOUGH]
    moved = [line for line in lines if line is not None]
    moved.sort(key=lambda line: (line.probe in referred, _remarkable(line)), reverse=True)
    still = _constants(series, Tally((reading.probe, reading.host) for reading in readings))
    many = Tally((constant.probe, constant.host) for constant in still)
    told = [one for one in still if one.probe in referred or many[one.probe, one.host] <= _FEW]
    return Counters(tuple(moved[:MOST]), max(0, len(moved) - MOST), tuple(told))


def _words(titles: Iterable[str]) -> set[str]:
    return {word for title in titles for word in re.findall(r"[\w-]+", title)}


def _series(readings: Iterable[Reading]) -> dict[Key, list[tuple[int, float]]]:
    series: dict[Key, list[tuple[int, float]]] = {}
    for reading in readings:
        if reading.probe == MACHINE or not _NO_NUMBERS.isdisjoint(reading.value):
            continue
        for name, value in reading.value.items():
            if isinstance(value, int | float) and not isinstance(value, bool) and name not in _MOMENTS:
                series.setdefault((reading.probe, reading.host, name), []).append((reading.t, float(value)))
    return series


def _constants(series: dict[Key, list[tuple[int, float]]], taken: Tally[tuple[str, str]]) -> list[Constant]:
    return [
        Constant(*key, points[0][1], len(points), taken[key[0], key[1]])
        for key, points in series.items()
        if len({value for _, value in points}) == 1
    ]


def is_count(probe: str, name: str) -> bool:
    """Whether a number's name, or its probe's, says that it only ever grows; else it is a gauge, even if it rose."""
    words = {word for text in (probe, name) for word in re.split("[^a-z0-9]+", text.lower())}
    return bool(_CAMEL.fullmatch(name)) or not words.isdisjoint(_COUNTED)


def _line(key: Key, points: list[tuple[int, float]], bins: Bins) -> Counter | None:
    points.sort()
    t = np.array([at for at, _ in points], np.int64)
    values = np.array([value for _, value in points])
    growth = np.diff(values)
    if not growth.any():
        return None
    edges = np.arange(bins.count + 1, dtype=np.int64) * bins.width
    unread = (edges[1:] <= t[0]) | (edges[:-1] >= t[-1])
    if is_count(key[0], key[2]) and (growth >= 0).all():
        line = np.where(unread, np.nan, np.diff(np.interp(edges, t, values)) / bins.seconds)
        return Counter(*key, line, rate=True, total=float(growth.sum()), most=float(np.nanmax(line)))
    line = np.where(unread, np.nan, _peaks(t, values, bins))
    return Counter(*key, line, rate=False, total=float(values[-1]), most=float(values.max()))


def _peaks(t: NDArray[np.int64], values: NDArray[np.float64], bins: Bins) -> NDArray[np.float64]:
    """The highest reading of each bin; in a bin without any the last one before it still stands."""
    last = np.searchsorted(t, np.arange(1, bins.count + 1, dtype=np.int64) * bins.width, side="left") - 1
    peaks = values[np.maximum(last, 0)]
    np.maximum.at(peaks, bins.of(t), values)
    return peaks


def _remarkable(line: Counter) -> float:
    seen = line.values[~np.isnan(line.values)]
    usual, spread = float(np.median(seen)), float(np.ptp(seen))
    return spread / (abs(usual) + 1.0)
