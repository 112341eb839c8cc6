"""Small charts of the numbers that probes read: one line each, on its own scale."""

from __future__ import annotations

from collections import Counter

import numpy as np

from chaoskit.report.charts.panel import line, shading
from chaoskit.report.charts.scale import nice_top
from chaoskit.report.markup import Markup, el, join, number
from chaoskit.report.model import RunModel
from chaoskit.report.model.counters import Counter as Line


def counter_chart(model: RunModel) -> Markup:
    """The counters that moved most, a line each; empty without any."""
    twice = Counter((counter.name, counter.host) for counter in model.counters.shown)
    rows = [_row(model, counter, twice[counter.name, counter.host] > 1) for counter in model.counters.shown]
    if model.counters.further:
        rows.append(el("div", f"{model.counters.further} further numbers moved less", class_="lane-note"))
    if not rows:
        return Markup("")
    caption = el("figcaption", el("b", "Counters"), " ", el("span", "each on its own scale", class_="unit"))
    return el("figure", caption, *rows, class_="panel lanes")


def _row(model: RunModel, counter: Line, with_probe: bool) -> Markup:
    top = nice_top(float(np.nanmax(counter.values)))
    svg = el(
        "svg",
        line(np.clip(counter.values / top, 0, 1), "var(--ink)", width=1.25),
        viewBox=f"0 0 {number(model.length / model.bins.width)} 100",
        preserveAspectRatio="none",
        aria_hidden="true",
    )
    most = float(np.nanmax(counter.values))
    said = f"up to {most:,.3g} /s, {counter.total:,.0f} in all" if counter.rate else f"up to {most:,.4g}"
    label = el(
        "span",
        counter.name,
        el("small", f" {counter.probe}, {counter.host}" if with_probe else f" {counter.host}"),
        class_="lane-label",
        title=f"{counter.probe}: {counter.name} at {counter.host}",
    )
    track = el("div", shading(model), svg, class_="track spark", role="img", aria_label=f"{counter.name} {said}")
    return el("div", label, join(track), el("span", said, class_="said"), class_="lane")
