"""A load without an experiment as one HTML file: rate by outcome and latency over time, and its numbers.

The charts are those of a run's report; what they are drawn from is counts in bins, since nobody keeps the requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.clock import Anchor
from chaoskit.core.history import History, Meta, no_requests
from chaoskit.core.load import OUTCOMES
from chaoskit.core.names import Names
from chaoskit.core.result import ArmResult
from chaoskit.core.topology import Topology
from chaoskit.report.charts.palette import palette_of
from chaoskit.report.markup import el
from chaoskit.report.model import RunModel
from chaoskit.report.model.bins import Bins
from chaoskit.report.model.counters import counters
from chaoskit.report.model.latency import PERCENTILES, ROWS_A_DECADE, Latency
from chaoskit.report.model.utc import Utc
from chaoskit.report.page.charts import run_charts, scales_for
from chaoskit.report.page.document import asset, document

Counts = NDArray[np.int64]
Seconds = NDArray[np.float64]


@dataclass(frozen=True)
class LoadCourse:
    """A load over time, in bins of intended start.

    Attributes:
        width: of a bin, ns.
        length: what the bins cover, ns.
        outcomes: arrivals by bin and code of outcome.
        latencies: successes by bin and latency.
        values: what each column of `latencies` stands for, seconds, ascending.
        utc: the wall clock at its origin.
    """

    width: int
    length: int
    outcomes: Counts
    latencies: Counts
    values: Seconds
    utc: Anchor


def render(title: str, facts: Mapping[str, str], course: LoadCourse) -> str:
    """The whole document: the target, a table of facts, and the charts."""
    model = _model(title, course)
    charts = run_charts(model, scales_for([model]), palette_of([model]))
    rows = [el("tr", el("th", name, scope="row"), el("td", value)) for name, value in facts.items()]
    when = f"{model.utc.date()} {model.utc.clock(0, 0)} UTC"
    return document(
        title,
        el("header", el("p", el("b", "load"), el("span", when), class_="over"), el("h1", title)),
        el(
            "main",
            el("section", el("h2", "Result"), el("table", el("tbody", *rows))),
            el("section", el("h2", "What happened"), charts),
        ),
        el("footer", "Times are seconds since load began (T+) and UTC."),
        el("script", asset("report.js")),
    )


def _model(title: str, course: LoadCourse) -> RunModel:
    bins = Bins(course.width, course.length)
    shown = course.outcomes[: bins.count]
    seconds = bins.coverage()
    history = History(_meta(title, course), Topology(title, (), ()), Names(), no_requests(), anchors=(course.utc,))
    return RunModel(
        ArmResult("load", "", Path(), history, (), (), ""),
        bins,
        Utc(history.anchors),
        {outcome: shown[:, i] / seconds for i, outcome in enumerate(OUTCOMES) if shown[:, i].any()},
        {},
        _latency(course.latencies[: bins.count], course.values),
        (),
        (),
        counters((), bins, []),
        (),
        {},
        (),
        (),
    )


def _meta(title: str, course: LoadCourse) -> Meta:
    return Meta("load", "load", "load", title, "", 0, course.length, 0, "")


def _latency(counts: Counts, values: Seconds) -> Latency:
    percentiles = {
        name: np.array([_quantile(row, values, percent / 100) for row in counts])
        for name, percent in PERCENTILES.items()
    }
    whole = counts.sum(axis=0)
    overall = {name: _quantile(whole, values, percent / 100) for name, percent in PERCENTILES.items()}
    edges = _edges(values[whole > 0])
    rows = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    heat = np.zeros((len(edges) - 1, len(counts)), np.int64)
    np.add.at(heat, rows, counts.T)
    return Latency(percentiles, edges, heat, overall)


def _quantile(counts: Counts, values: Seconds, q: float) -> float:
    """By nearest rank; NaN where nothing succeeded."""
    total = int(counts.sum())
    rank = max(1, int(np.ceil(round(q * total, 9))))
    return float(values[int(np.searchsorted(np.cumsum(counts), rank))]) if total else float("nan")


def _edges(seen: Seconds) -> Seconds:
    """Rows of the heat map: whole steps of a decade's eighth around what was seen, a decade at least."""
    low = max(1e-4, float(seen[0])) if len(seen) else 1e-3
    high = max(low * 10, float(seen[-1])) if len(seen) else 1.0
    first, last = np.floor(np.log10(low) * ROWS_A_DECADE), np.ceil(np.log10(high) * ROWS_A_DECADE + 1e-9)
    return np.asarray(10 ** (np.arange(first, last + 1) / ROWS_A_DECADE), np.float64)
