"""Charts of latency: percentiles a bin, and a heat map of every success."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.units import NS, show_duration
from chaoskit.report.charts.panel import Key, line, panel
from chaoskit.report.charts.scale import Log
from chaoskit.report.markup import Markup, el, join, number
from chaoskit.report.model import RunModel

_LINES = {
    "max": ("var(--max)", 1.0),
    "p99": ("var(--p99)", 1.75),
    "p90": ("var(--p90)", 1.5),
    "p50": ("var(--p50)", 1.75),
}
_LEVELS = 6


def percentile_chart(model: RunModel, scale: Log) -> Markup:
    """p50, p90, p99 and the maximum of successes, from their intended start."""
    drawn = []
    for name, (colour, width) in _LINES.items():
        values = model.latency.percentiles[name]
        drawn.append(line(np.array([np.nan if np.isnan(v) else scale.at(v) for v in values]), colour, width=width))
    overall = {name: _show(value) for name, value in model.latency.overall.items()}
    return panel(
        model,
        "Latency of successes",
        join(*drawn),
        unit="from the intended start",
        summary=", ".join(f"{name} {text}" for name, text in overall.items()),
        height=110,
        ticks=scale.ticks(),
        keys=[Key(f"{name} {overall[name]}", _LINES[name][0], line=True) for name in model.latency.overall],
    )


def heat_chart(model: RunModel, scale: Log) -> Markup:
    """How many successes took how long: the stronger the colour, the more (a logarithmic step each)."""
    heat, edges = model.latency.heat, model.latency.edges
    levels = heat_levels(heat)
    cells: dict[int, list[str]] = {}
    for row in range(levels.shape[0]):
        low, high = (100 - 100 * scale.at(float(edge)) for edge in (edges[row], edges[row + 1]))
        if low - high < 1e-6:
            continue
        for start, end, level in _runs(levels[row]):
            cells.setdefault(level, []).append(f"M{start} {number(high)}H{end}V{number(low)}H{start}Z")
    paths = [
        el("path", d="".join(cells[level]), fill="var(--heat)", fill_opacity=0.1 + 0.9 * (level / _LEVELS) ** 1.3)
        for level in sorted(cells)
    ]
    return panel(
        model,
        "Every success by latency",
        join(*paths),
        unit=f"stronger: more of them, up to {int(heat.max()):,} in {show_duration(model.bins.width)}",
        summary=f"{int(heat.sum()):,} successes",
        height=110,
        ticks=scale.ticks(),
    )


def heat_levels(
    heat: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Counts as levels: 0 for none, then equal steps of the logarithm up to six for the fullest cell."""
    most = max(1.0, float(heat.max(initial=0)))
    share = np.log1p(heat) / np.log1p(most)
    return np.asarray(np.ceil(share * _LEVELS - 1e-9), np.int64)


def _runs(levels: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """Stretches of one level that is not zero: first bin, bin after the last, level."""
    borders = np.flatnonzero(np.diff(levels)) + 1
    starts = [0, *borders.tolist()]
    ends = [*borders.tolist(), len(levels)]
    return [(a, b, int(levels[a])) for a, b in zip(starts, ends, strict=True) if levels[a]]


def _show(seconds: float) -> str:
    return "-" if np.isnan(seconds) else show_duration(round(float(f"{seconds:.3g}") * NS))
