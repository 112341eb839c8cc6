"""The charts of one run, one below the other on one time axis, and the numbers that hovering shows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.load import Outcome
from chaoskit.core.units import NS, show_duration
from chaoskit.report.charts.counters import counter_chart
from chaoskit.report.charts.lanes import lane_chart, span_chart
from chaoskit.report.charts.latency import heat_chart, percentile_chart
from chaoskit.report.charts.palette import Palette
from chaoskit.report.charts.panel import time_axis
from chaoskit.report.charts.scale import Log, nice_top
from chaoskit.report.charts.traffic import load_charts, rate_chart, share_charts
from chaoskit.report.markup import Markup, el
from chaoskit.report.model import RunModel


@dataclass(frozen=True)
class Scales:
    """What is the same in every arm so that arms can be compared by eye.

    Attributes:
        spans: rows for faults and windows.
        rate_top: top of the axis of rates, in requests a second.
        latency: axis of latencies.
        load_tops: as `rate_top`, of each load's own chart.
    """

    spans: int
    rate_top: float
    latency: Log
    load_tops: Mapping[str, float]


def scales_for(models: Sequence[RunModel]) -> Scales:
    """Axes that hold every arm."""
    highest = max((_highest(model.rates, model) for model in models), default=0.0)
    loads: dict[str, float] = {}
    for model in models:
        for load, rates in model.by_load.items():
            loads[load] = max(loads.get(load, 0.0), _highest(rates, model))
    edges = [model.latency.edges for model in models if model.latency.heat.any()]
    low = min((float(edge[0]) for edge in edges), default=1e-3)
    high = max((float(edge[-1]) for edge in edges), default=1.0)
    spans = max((len(model.faults) + len(model.windows) for model in models), default=0)
    tops = {load: nice_top(most) for load, most in loads.items()}
    return Scales(spans, nice_top(highest), Log(low, high), tops)


def _highest(rates: Mapping[Outcome, NDArray[np.float64]], model: RunModel) -> float:
    """The highest stack of a bin, in arrivals a second."""
    return float(sum(rates.values(), np.zeros(model.bins.count)).max(initial=0))


def run_charts(model: RunModel, scales: Scales, palette: Palette) -> Markup:
    """Every chart of one run."""
    parts = [
        span_chart(model, scales.spans),
        *(_load_charts(model, scales, palette) if model.rates else ()),
        time_axis(model),
        lane_chart(model, palette),
        counter_chart(model),
    ]
    label = f"Charts of the run {model.arm.arm}; arrow keys read the numbers"
    return el("div", _numbers(model), *parts, class_="charts", tabindex="0", role="group", aria_label=label)


def _load_charts(model: RunModel, scales: Scales, palette: Palette) -> list[Markup]:
    drawn = [
        rate_chart(model, scales.rate_top),
        *load_charts(model, scales.load_tops),
        *share_charts(model, palette),
    ]
    if model.latency.heat.any():
        drawn += [percentile_chart(model, scales.latency), heat_chart(model, scales.latency)]
    return drawn


def _numbers(model: RunModel) -> Markup:
    series: list[tuple[str, list[str | None]]] = [
        (f"{outcome} /s", _plain(rate)) for outcome, rate in model.rates.items()
    ]
    series += [(name, _durations(values)) for name, values in model.latency.percentiles.items()]
    for shares in model.shares:
        series += [(f"{shares.group} by {name}", _percent(share)) for name, share in shares.by_place.items()]
    utc = model.utc.ns(0)
    data = {
        "width": model.bins.seconds,
        "length": model.length / NS,
        "count": model.bins.count,
        "digits": 2 if model.bins.seconds < 1 else 0,
        "utc": None if utc is None else utc / 1e6,
        "series": series,
    }
    # A "</script>" inside a name would end the element: "<" is written as JSON's escape for it.
    text = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return el("script", Markup(text), type="application/json")


def _plain(values: NDArray[np.float64]) -> list[str | None]:
    return [f"{value:,.0f}" for value in values]


def _durations(values: NDArray[np.float64]) -> list[str | None]:
    return [None if np.isnan(v) else show_duration(round(float(f"{v:.3g}") * NS)) for v in values]


def _percent(values: NDArray[np.float64]) -> list[str | None]:
    return [None if np.isnan(value) else f"{value * 100:.3g} %" for value in values]
