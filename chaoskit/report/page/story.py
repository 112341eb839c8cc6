"""What happened, in words and numbers: the timeline of a run and what it cost its clients."""

from __future__ import annotations

from collections.abc import Iterable

from chaoskit.core.history import Event
from chaoskit.core.units import NS, show_duration, show_share
from chaoskit.report.markup import Markup, el
from chaoskit.report.model import RunModel
from chaoskit.report.model.answers import answers
from chaoskit.report.model.impact import Outage

_SHOWN = 6
"""Lines of steps or evidence shown at once; the others unfold."""


def timeline(model: RunModel) -> Markup:
    """Milestones in UTC and seconds since the origin."""
    head = _head("UTC", "T+", "Milestone", "")
    rows = [
        el(
            "tr",
            el("td", model.utc.clock(one.t), class_="num"),
            el("td", f"{one.t / NS:.3f} s", class_="num"),
            el("th", one.what, scope="row"),
            el("td", one.text),
            class_=f"m-{one.what.replace(' ', '-')}",
        )
        for one in model.milestones
    ]
    if not rows:
        return Markup("")
    title = f"Timeline, {model.utc.date()}" if model.utc.known else "Timeline"
    return el("table", el("caption", title), el("thead", head), el("tbody", *rows), class_="story")


def impact(model: RunModel) -> Markup:
    """Failed requests and the longest outage of each client group, and of its loads where there are several."""
    rows = []
    for one in model.impacts:
        share = el("small", f" {show_share(one.failed / one.arrivals)}") if one.failed else None
        rows.append(
            el(
                "tr",
                el("th", one.load or one.group, class_="part" if one.load else None, scope="row"),
                el("td", f"{one.arrivals:,}", class_="num"),
                el("td", f"{one.failed:,}", share, class_="num"),
                el("td", f"{one.not_sent:,}", class_="num"),
                el("td", *_outage(model, one.longest)),
            )
        )
    if not rows:
        return el("p", "No requests were made.", class_="none")
    head = _head("Clients", "Requests", "Failed", "Never sent", "Longest outage")
    return el("table", el("caption", "Impact"), el("thead", head), el("tbody", *rows), class_="impact")


def _outage(model: RunModel, outage: Outage | None) -> Iterable[Markup | str]:
    if outage is None:
        return ["none"]
    where = f" from T+{outage.start / NS:.2f} s" + (f", {model.utc.clock(outage.start, 1)}" if model.utc.known else "")
    open_end = "" if outage.over else "; not over at the end of load"
    return [el("b", show_duration(outage.length)), el("small", where + open_end)]


def actions(model: RunModel) -> Markup:
    """Every moment of every action with its steps and the evidence that they took effect."""
    events = [event for event in model.arm.history.events if _told(event, model.length)]
    if not events:
        return el("p", "Nothing was done to the lab.", class_="none")
    head = _head("T+", "Action", "Moment", "Steps and evidence")
    rows = [_event(event) for event in events]
    return el("table", el("caption", "Action log"), el("thead", head), el("tbody", *rows), class_="actions")


def _told(event: Event, length: int) -> bool:
    """Whether an event belongs in the log: hosts only while load runs, not as the lab comes up and goes down."""
    return event.kind in ("action", "guard", "audit") or (event.kind == "host" and 0 <= event.t <= length)


def _event(event: Event) -> Markup:
    lines = [
        *answers([event]),
        *(
            str(line)
            for key in ("steps", "evidence", "why", "error", "reason", "left")
            for line in _listed(event.data.get(key))
        ),
    ]
    code = event.data.get("action")
    return el(
        "tr",
        el("td", f"{event.t / NS:.3f} s", class_="num"),
        el("th", event.subject, el("code", str(code)) if code else None, scope="row"),
        el("td", event.what, class_="num"),
        el("td", _lines(lines)),
    )


def _listed(value: object) -> list[object]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _lines(lines: list[str]) -> Markup:
    shown = [el("div", line) for line in lines[:_SHOWN]]
    if len(lines) > _SHOWN:
        summary = el("summary", f"{len(lines) - _SHOWN} more")
        shown.append(el("details", summary, *(el("div", line) for line in lines[_SHOWN:])))
    return el("div", *shown, class_="lines")


def _head(*titles: str) -> Markup:
    return el("tr", *(el("th", title, scope="col") for title in titles))
