"""Small charts of the numbers that probes read: one line each, on its own scale."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from chaoskit.report.charts.lanes import some_of
from chaoskit.report.charts.panel import line, shading
from chaoskit.report.charts.scale import nice_top
from chaoskit.report.markup import Markup, el, join, number
from chaoskit.report.model import RunModel
from chaoskit.report.model.counters import Constant
from chaoskit.report.model.counters import Counter as Line
from chaoskit.report.model.lanes import how_often


def counter_chart(model: RunModel) -> Markup:
    """The counters that moved most, a line each, and in words those that never did; empty without any."""
    said: list[Line | Constant] = [*model.counters.shown, *model.counters.constants]
    twice = Counter((counter.name, counter.host) for counter in said)
    rows = [_row(model, counter, twice[counter.name, counter.host] > 1) for counter in model.counters.shown]
    if model.counters.further:
        rows.append(el("div", f"{model.counters.further} further numbers moved less", class_="lane-note"))
    rows += [el("div", text, class_="lane-note") for text in _held(model.counters.constants)]
    if not rows:
        return Markup("")
    caption = el("figcaption", el("b", "Counters"), " ", el("span", "each on its own scale", class_="unit"))
    return el("figure", caption, *rows, class_="panel lanes")


def _held(constants: Iterable[Constant]) -> list[str]:
    """A line for each probe: what it read everywhere alike, and where."""
    at_host: dict[tuple[str, str, str], list[str]] = {}
    for one in constants:
        often = how_often(one.said, one.taken)
        at_host.setdefault((one.probe, one.host, often), []).append(f"{one.name} {_plain(one.value)}")
    alike: dict[tuple[str, str, str], list[str]] = {}
    for (probe, host, often), numbers in at_host.items():
        alike.setdefault((probe, ", ".join(numbers), often), []).append(host)
    return [f"{probe}: {numbers} {often} ({some_of(hosts)})" for (probe, numbers, often), hosts in alike.items()]


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,.4g}"


def _row(model: RunModel, counter: Line, with_probe: bool) -> Markup:
    top = nice_top(counter.most)
    svg = el(
        "svg",
        line(np.clip(counter.values / top, 0, 1), "var(--ink)", width=1.25),
        viewBox=f"0 0 {number(model.length / model.bins.width)} 100",
        preserveAspectRatio="none",
        aria_hidden="true",
    )
    said = (
        f"up to {counter.most:,.3g} /s, {counter.total:,.0f} in all"
        if counter.rate
        else f"up to {_plain(counter.most)}"
    )
    label = el(
        "span",
        counter.name,
        el("small", f" {counter.probe}, {counter.host}" if with_probe else f" {counter.host}"),
        class_="lane-label",
        title=f"{counter.probe}: {counter.name} at {counter.host}",
    )
    track = el("div", shading(model), svg, class_="track spark", role="img", aria_label=f"{counter.name} {said}")
    return el("div", label, join(track), el("span", said, class_="said"), class_="lane")
