"""One chart of a run: a caption with its legend, a y axis, a drawing on the shared time axis, shading.

The drawing's coordinates are bins across and 0..100 down; it is stretched to whatever width the page
has. Everything that must not be stretched (text, marks) is HTML placed by percentages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.units import NS
from chaoskit.core.window import Span
from chaoskit.report.charts.scale import Tick, time_ticks
from chaoskit.report.markup import Markup, el, join, number
from chaoskit.report.model import RunModel


@dataclass(frozen=True)
class Key:
    """One entry of a legend: what it says and its colour; `line` for a line instead of an area."""

    text: str
    colour: str
    line: bool = False


def panel(
    model: RunModel,
    title: str,
    drawing: Markup,
    *,
    unit: str,
    summary: str,
    height: int,
    ticks: Sequence[Tick] = (),
    keys: Iterable[Key] = (),
) -> Markup:
    """A figure on the run's time axis; `summary` says in words what it shows, for those who cannot see it."""
    caption = el("figcaption", el("b", title), " ", el("span", unit, class_="unit"), legend(keys))
    grid = [el("i", class_="grid", style=f"bottom:{number(tick.at * 100)}%") for tick in ticks if tick.at > 0]
    labels = [el("span", tick.text, class_="y", style=f"bottom:{number(tick.at * 100)}%") for tick in ticks]
    svg = el(
        "svg",
        drawing,
        viewBox=f"0 0 {number(model.length / model.bins.width)} 100",
        preserveAspectRatio="none",
        aria_hidden="true",
        focusable="false",
    )
    layers = join(*grid, shading(model), svg, el("span", shading(model), class_="edges", aria_hidden="true"), *labels)
    return el(
        "figure",
        caption,
        el("div", layers, class_="area", style=f"height:{height}px", role="img", aria_label=f"{title}. {summary}"),
        class_="panel",
    )


def legend(keys: Iterable[Key]) -> Markup:
    """Colours and what they stand for."""
    entries = [
        el("span", el("i", class_="swatch line" if key.line else "swatch", style=f"background:{key.colour}"), key.text)
        for key in keys
    ]
    return el("span", *entries, class_="legend") if entries else Markup("")


def shading(model: RunModel) -> Markup:
    """The faults and the windows of checks, behind a drawing; what made the lab is no fault."""
    faults = [fault.span(model.length) for fault in model.faults if not fault.before_ready]
    shaded = [_shade(model, span, "fault") for span in faults if not (span.start <= 0 and span.end >= model.length)]
    return join(*(_shade(model, span, "window") for span in model.windows.values()), *shaded)


def _shade(model: RunModel, span: Span, kind: str) -> Markup:
    return el("i", class_=kind, style=across(model, span.start, span.end), aria_hidden="true")


def across(model: RunModel, start: int, end: int) -> str:
    """The style that places something from one moment to another, ns since the origin."""
    left, right = (min(model.length, max(0, t)) / model.length * 100 for t in (start, end))
    return f"left:{number(left)}%;width:{number(right - left)}%"


def time_axis(model: RunModel) -> Markup:
    """Seconds since the origin, and UTC under every second of them."""
    ticks = []
    for i, t in enumerate(time_ticks(model.length)):
        utc = model.utc.clock(t, 0) if model.utc.known and i % 2 == 0 else ""
        zone = " UTC" if utc and t == 0 else ""
        edge = " first" if t == 0 else " last" if t > model.length * 0.94 else ""
        style = f"left:{number(t / model.length * 100)}%"
        seconds = f"T+{t / NS:g}" if t else "T+0 s"
        ticks.append(el("span", el("b", seconds), el("small", utc + zone), class_=f"tick{edge}", style=style))
    return el("div", *ticks, class_="axis", aria_hidden="true")


def steps_up(values: NDArray[np.float64]) -> str:
    """The upper edge of a stepped area, one step a bin, from left to right; y in 0..100 downwards."""
    return "".join(f"L{i} {number(y)}H{i + 1}" for i, y in enumerate(values))


def area(lower: NDArray[np.float64], upper: NDArray[np.float64], colour: str) -> Markup:
    """A stepped area between two edges given as 0..1 upwards, a value a bin."""
    top, base = 100 - 100 * upper, 100 - 100 * lower
    if not (upper > lower).any():
        return Markup("")
    back = "".join(f"L{i + 1} {number(base[i])}H{i}" for i in range(len(base) - 1, -1, -1))
    forth = steps_up(top)
    return el("path", d=f"M0 {number(base[0])}{forth}{back}Z", fill=colour)


def line(values: NDArray[np.float64], colour: str, *, width: float = 1.5, dash: str | None = None) -> Markup:
    """A line through the middles of bins, broken where a value is NaN; values are 0..1 upwards."""
    commands, pen = [], "M"
    for i, value in enumerate(values):
        if np.isnan(value):
            pen = "M"
            continue
        commands.append(f"{pen}{i + 0.5} {number(100 - 100 * value)}")
        pen = "L"
    if not commands:
        return Markup("")
    alone = "".join(commands) + "h.01"
    return el("path", d=alone, fill="none", stroke=colour, stroke_width=width, stroke_dasharray=dash, class_="line")
