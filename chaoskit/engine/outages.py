"""Outages that an action brought about and that ended by themselves: were they long enough to be seen? Pure.

    crash --exited----started---------------------- undone        a restart policy revived the daemon
          <-outage->
             . .     requests and readings that fell into it

A daemon that is back at once was away for a moment in which nobody may have asked for it: that nobody missed it says
nothing then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from chaoskit.core.history import Event, History
from chaoskit.core.host import HostState
from chaoskit.core.units import show_duration
from chaoskit.core.verdict import Unit, Verdict, held_to, passed
from chaoskit.core.window import Moment, Span
from chaoskit.engine.machine import PROBE

SEEN_BY = 10
"""How many requests of one load, or readings of one probe at one host, have to fall into an outage for it to be seen.

With three instances that share the requests, one that is dead meets none of ten by chance once in 58 times.
"""
_AWAY = (HostState.EXITED, HostState.OFF)


@dataclass(frozen=True)
class Outage:
    """The times a host's daemon was away while an action was in force, each of which ended by itself.

    Attributes:
        spans: in ns since the origin.
    """

    action: str
    host: str
    spans: tuple[Span, ...]

    @property
    def length(self) -> int:
        """All of them together, in ns."""
        return sum(span.length for span in self.spans)


def long_enough(history: History) -> Verdict:
    """Whether each such outage was seen by a load or a probe often enough.

    An outage that the end of its action ended was as long as planned, and is none of these.
    """
    found = [(_seen_by(outage, history), outage) for outage in outages(history)]
    if not found:
        return passed("no daemon came back by itself while an action was in force on it")
    samples, worst = min(found, key=lambda each: each[0])
    reason = (
        f"{worst.host} was away for {show_duration(worst.length)} of {worst.action} and came back by itself: "
        f"at most {samples} requests of a load, or readings of a probe, fell into that time"
    )
    return held_to(samples, ">=", SEEN_BY, Unit.COUNT, reason)


def outages(history: History) -> Iterator[Outage]:
    """The outages of each action's hosts that ended while it was in force."""
    for begin in history.events:
        if begin.kind == "action" and begin.what == Moment.BEGIN:
            named = begin.data.get("hosts")
            until = _end(begin, history)
            for target in named if isinstance(named, list | tuple) else ():
                host = str(target).partition("/")[0]
                spans = tuple(_away(host, Span(begin.t, until), history))
                if spans:
                    yield Outage(begin.subject, host, spans)


def _end(begin: Event, history: History) -> int:
    """When the action was being undone; one that is not has no end in this run."""
    ends = (
        event.t
        for event in history.events
        if event.kind == "action" and event.subject == begin.subject and event.what == Moment.END
    )
    return min((t for t in ends if t >= begin.t), default=max(history.meta.duration, begin.t))


def _away(host: str, within: Span, history: History) -> Iterator[Span]:
    since: int | None = None
    for event in sorted(history.events, key=lambda event: event.t):
        if event.kind != "host" or event.subject != host or not within.start <= event.t < within.end:
            continue
        if event.what in _AWAY:
            since = event.t if since is None else since
        elif event.what == HostState.RUNNING and since is not None:
            yield Span(since, event.t)
            since = None


def _seen_by(outage: Outage, history: History) -> int:
    """The most that any one load, or any one probe at one host, saw of it."""
    counts: dict[object, int] = {}
    rows = history.requests
    for span in outage.spans:
        during = (rows.intended >= span.start) & (rows.intended < span.end)
        for code, count in zip(*np.unique(rows.load.codes[during], return_counts=True), strict=True):
            counts[int(code)] = counts.get(int(code), 0) + int(count)
        for reading in history.readings:
            if span.start <= reading.t < span.end and reading.probe != PROBE:
                key = reading.probe, reading.host
                counts[key] = counts.get(key, 0) + 1
    return max(counts.values(), default=0)
