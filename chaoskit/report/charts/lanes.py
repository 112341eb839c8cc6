"""Swim lanes: what is in force, the windows of checks, and what probes saw, over time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from chaoskit.core.units import NS, show_duration
from chaoskit.core.window import Span
from chaoskit.report.charts.palette import Palette
from chaoskit.report.charts.panel import across, shading
from chaoskit.report.markup import Markup, el, join
from chaoskit.report.model import RunModel
from chaoskit.report.model.lanes import ERROR, Lane, how_often, thin

MOST = 40
"""Lanes drawn at most; lanes that never changed are summed up in a line instead."""

_LATE = 0.6
"""A bar that starts later than this part of the run has its text at its right end."""

_LEGIBLE = 12
"""A stay shorter than this part of the run has no room for its text."""

_NARROWEST = 400
"""A stay narrower than this part of the run cannot be seen, and is merged with its neighbours."""


def span_chart(model: RunModel, least: int = 0) -> Markup:
    """Actions and windows by name: the key to the shading of every chart below.

    Rows are added up to `least`, so that the charts of several arms stay level.
    """
    rows = []
    for fault in model.faults:
        span = fault.span(model.length)
        until = f"T+{span.end / NS:.2f} s" if fault.undone is not None else "the end of the run"
        about = f"{fault.action}: T+{span.start / NS:.2f} s to {until}"
        name = f"{fault.name} (before ready)" if fault.before_ready else fault.name
        rows.append(_named(model, span, name, about, "boot-bar" if fault.before_ready else "fault-bar"))
    for name, window in model.windows.items():
        about = f"window {name}: from T+{window.start / NS:.2f} s, {show_duration(window.length)}"
        rows.append(_named(model, window, name, about, "window-bar"))
    rows += [el("div", el("div", class_="track"), class_="lane")] * (least - len(rows))
    return _figure("Actions and windows", "what the shading means", rows, "spans") if rows else Markup("")


def _named(model: RunModel, span: Span, name: str, about: str, kind: str) -> Markup:
    """A bar with its name and length in it, or before its end where there is no room after its start."""
    side = " flip" if span.start > _LATE * model.length else ""
    text = el("span", el("b", name), f" {show_duration(round(span.length, -6))}")
    bar = el("i", text, class_=f"bar {kind}{side}", style=across(model, span.start, span.end), title=about)
    return el("div", el("div", bar, class_="track"), class_="lane")


def lane_chart(model: RunModel, palette: Palette) -> Markup:
    """The states that probes saw change; a line for each state that held all the time."""
    changing = [lane for lane in model.lanes if not lane.constant]
    constant = [lane for lane in model.lanes if lane.constant]
    rows = []
    probe = ""
    for lane in sorted(changing[:MOST], key=lambda lane: (lane.probe, _natural(lane.thing))):
        if lane.probe != probe:
            probe = lane.probe
            rows.append(el("div", probe, class_="lane-head"))
        rows.append(_row(lane.thing, join(*_stays(model, lane, palette)), shaded=shading(model)))
    if len(changing) > MOST:
        rows.append(el("div", f"{len(changing) - MOST} further lanes changed", class_="lane-note"))
    rows += [el("div", text, class_="lane-note") for text in _held(constant)]
    return _figure("Probes", "what was seen, where", rows, "lanes") if rows else Markup("")


def _natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts web-2 before web-10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]


def _stays(model: RunModel, lane: Lane, palette: Palette) -> Iterable[Markup]:
    for stay in thin(lane, model.length // _NARROWEST):
        title = f"{lane.thing}: {stay.state}, T+{stay.start / NS:.2f} s to T+{stay.end / NS:.2f} s"
        style = f"{across(model, stay.start, stay.end)};--c:{palette.state(stay.state)}"
        text = el("span", stay.state) if (stay.end - stay.start) * _LEGIBLE >= model.length else None
        yield el("i", text, class_="stay", style=style, title=title)


def _held(constant: Iterable[Lane]) -> list[str]:
    groups: dict[tuple[str, str, str], list[str]] = {}
    for lane in constant:
        state = lane.stays[0].state
        often = "throughout" if state.startswith(ERROR) else how_often(lane.said, lane.taken)
        groups.setdefault((lane.probe, state, often), []).append(lane.thing)
    return [f"{probe}: {some_of(things)} {state} {often}" for (probe, state, often), things in groups.items()]


def some_of(things: Sequence[str]) -> str:
    """All names where they are few, else the first ones and how many others."""
    return ", ".join(things) if len(things) <= 3 else f"{things[0]}, {things[1]} and {len(things) - 2} others"


def _row(label: str, content: Markup, shaded: Markup | None = None) -> Markup:
    return el(
        "div",
        el("span", label, class_="lane-label", title=label),
        el("div", shaded, content, class_="track"),
        class_="lane",
    )


def _figure(title: str, unit: str, rows: Sequence[Markup], kind: str) -> Markup:
    caption = el("figcaption", el("b", title), " ", el("span", unit, class_="unit"))
    return el("figure", caption, el("div", *rows, class_="rows"), class_=f"panel {kind}")
