"""The run as a story: done, confirmed, first error, detected, the longest outage's end, undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from chaoskit.core.history import History
from chaoskit.core.load import OUTCOMES
from chaoskit.core.units import NS, show_duration
from chaoskit.report.model.bands import Fault
from chaoskit.report.model.impact import Impact
from chaoskit.report.model.lanes import Lane
from chaoskit.report.model.traffic import client_groups, failed

NEAR = 60 * NS
"""A first error or change later than this after a fault is not put down to it."""


@dataclass(frozen=True)
class Milestone:
    """One line of the story: a moment in ns since the origin, what kind it is, and what happened."""

    t: int
    what: str
    text: str


def milestones(
    history: History, faults: Sequence[Fault], lanes: Sequence[Lane], impacts: Sequence[Impact]
) -> tuple[Milestone, ...]:
    """Every milestone of a run in order of time."""
    story = [Milestone(0, "start", "load begins")] if len(history.requests) else []
    story += [moment for fault in faults for moment in _moments(fault)]
    faults = [fault for fault in faults if not fault.before_ready]
    for i, fault in enumerate(faults):
        following = faults[i + 1].begin if i + 1 < len(faults) else history.meta.duration
        story += _first_error(history, fault, min(following, fault.begin + NEAR))
        story += _detected(lanes, fault, min(following, fault.begin + NEAR))
    story += _recoveries(impacts, faults)
    story += [Milestone(e.t, "guard", f"{e.subject} {e.what}") for e in history.events if e.kind == "guard"]
    story += [Milestone(e.t, "note", e.what) for e in history.events if e.kind == "note"]
    story += [Milestone(history.meta.duration, "end", "load ends")] if len(history.requests) else []
    return tuple(sorted(story, key=lambda milestone: milestone.t))


def _moments(fault: Fault) -> list[Milestone]:
    whom = f" on {', '.join(fault.hosts)}" if fault.hosts else ""
    found_out = "".join(f"; {answer}" for answer in fault.answers)
    done = "before ready" if fault.before_ready else "done"
    moments = [
        (fault.begin, done, f"{fault.name}: {fault.action}{whom}{found_out}"),
        (fault.confirmed, "confirmed", f"{fault.name}: every step seen to be in effect"),
        (fault.end, "undo", f"{fault.name}: undo begins"),
        (fault.undone, "undone", f"{fault.name}: every step undone"),
    ]
    found = [Milestone(t, what, text) for t, what, text in moments if t is not None]
    if fault.doubt:
        found.append(Milestone(fault.doubt[0], "not confirmed", f"{fault.name}: {fault.doubt[1]}"))
    return found + ([Milestone(fault.begin, "failed", f"{fault.name}: {fault.failed}")] if fault.failed else [])


def _first_error(history: History, fault: Fault, before: int) -> list[Milestone]:
    """The first request that failed because of a fault, where it was asked, as outages and charts have it.

    Requests that were under way as the fault began stand at its beginning.
    """
    requests = history.requests.take(failed(history.requests))
    ended, asked = requests.ended, np.maximum(requests.intended, fault.begin)
    rows = np.flatnonzero((ended >= fault.begin) & (asked < before))
    if not len(rows):
        return []
    row = int(rows[np.lexsort((ended[rows], asked[rows]))[0]])
    groups, _ = client_groups(replace(history, requests=requests))
    what = OUTCOMES[int(requests.outcome[row])]
    after = show_duration(int(ended[row]) - fault.begin)
    text = f"a client of {groups[row]} asked and got '{what}', {after} after {fault.name}"
    return [Milestone(int(asked[row]), "first error", text)]


def _detected(lanes: Sequence[Lane], fault: Fault, before: int) -> list[Milestone]:
    """The first change each probe saw after the fault, but for a host's life, which is the fault itself."""
    first: dict[str, tuple[int, str]] = {}
    for lane in lanes:
        stay = None if lane.liveness else lane.first_change(fault.begin, before)
        if stay and (lane.probe not in first or stay.start < first[lane.probe][0]):
            first[lane.probe] = (stay.start, f"{lane.thing} says {stay.state}")
    return [
        Milestone(t, "detected", f"{probe}: {text}, {show_duration(t - fault.begin)} after it")
        for probe, (t, text) in first.items()
    ]


def _recoveries(impacts: Sequence[Impact], faults: Sequence[Fault]) -> list[Milestone]:
    """The end of the longest outage of each group's every load, where a fault had begun before it.

    A gap that is a few failures among successes is no outage: nobody would say of its end that service came back.
    """
    several = {impact.group for impact in impacts if impact.load}
    found = []
    for impact in impacts:
        outage = impact.longest
        if not impact.load and impact.group in several:
            continue
        if outage and faults and outage.over and outage.end >= faults[0].begin and impact.is_outage:
            lasted = show_duration(outage.length)
            text = f"{impact.title}: a success again, after {lasted} without one"
            found.append(Milestone(outage.end, "longest outage ends", text))
    return found
