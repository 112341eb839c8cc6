"""Whether exactly one host owns something at any time.

lb-1  held ------------|                                    sure: from its first reading that says so to its last
lb-2                        |--------------- held -----
lb-2                 |---------------------- held -----     two owners for as long as both are sure to hold
      ^ vacant ---->|<-- handover -->|                      nobody, which is allowed in a handover only
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chaoskit.checks import moments, rows
from chaoskit.core.check import check
from chaoskit.core.errors import UsageError
from chaoskit.core.history import History
from chaoskit.core.host import HostState
from chaoskit.core.probe import Probe
from chaoskit.core.units import NS, Duration, duration, show_duration
from chaoskit.core.verdict import FAIL, PASS, Limit, Result, Unit, Verdict, unknown
from chaoskit.core.window import Span, Window


@check
def one_owner(
    history: History,
    probe: Probe,
    field: str = "holds",
    *,
    during: Window | None = None,
    handover: Window | None = None,
    overlap: Duration = "0s",
    silence: Duration = "500ms",
) -> Verdict:
    """The longest time for which two hosts own something at once, by each host's own readings.

    Owning is what a field of a host's reading says: `holds` of `holds_address`. A host is taken to own, or not to own,
    between two readings in a row that both say so and are no more than `silence` apart, so nothing here is guessed:
    what is counted did happen, and only an overlap shorter than the time between two readings may go unseen. A host
    that is off owns nothing. That nobody owns it fails as well, outside a handover.

    Args:
        history: the run.
        probe: read at every host that may own it.
        field: of a reading, a truth.
        during: this part of the run only.
        handover: when nobody may own it.
        overlap: how long two may own it: 0 s where the old owner lets go before the new one takes.
        silence: readings of a host that is on may lack for so long; longer, and nobody can say what it owned meanwhile.
    """
    span = history.span(during)
    span = Span(span.start, min(span.end, moments.observed_until(history)))
    excused = history.span(handover) if handover else Span(0, 0)
    assert probe.hosts is not None
    hosts = [host.name for host in rows.hosts(history, probe.hosts)]
    told = {host: _told(history, probe, field, host) for host in hosts}
    limit, quiet = Limit("<=", duration(overlap) / NS), duration(silence)
    owning = {host: _clipped(_sure(told[host], quiet, owns=True), span) for host in hosts}
    idle = {host: _clipped(_sure(told[host], quiet, owns=False), span) for host in hosts}
    shared = _covered(itertools.chain(*owning.values()), 2)
    vacant = [
        part for whole in _covered(itertools.chain(*idle.values()), len(hosts)) for part in _without(whole, excused)
    ]
    longest = max((each.length for each in shared), default=0)
    if not limit.admits(longest / NS):
        return _verdict(FAIL, _two(shared, owning), longest, limit)
    if vacant:
        first = vacant[0]
        reason = f"nobody had it for {show_duration(first.length)} at {show_duration(first.start)}, outside a handover"
        return _verdict(FAIL, reason, longest, limit)
    for host in hosts:
        if gap := _gap(told[host], span, quiet):
            return unknown(
                f"{host} was not read for {show_duration(gap.length)} at {show_duration(gap.start)}",
                remedy="Look at the probe's readings in the history; read more often, or with less load.",
            )
    held = ", ".join(f"{host} {show_duration(sum(s.length for s in spans))}" for host, spans in owning.items())
    read = sum(not each.off for host in hosts for each in told[host])
    return _verdict(PASS, f"never two at once in {read:,} readings: {held}", longest, limit)


@one_owner.accepts
def _(given: Mapping[str, Any]) -> None:
    if given["probe"].hosts is None:
        raise UsageError("the probe does not say where it is read", remedy="Add .at(hosts, every=...).")
    duration(given["overlap"])
    if duration(given["silence"]) == 0:
        raise UsageError("silence=0 would leave no time between two readings")


@dataclass(frozen=True)
class _Told:
    """What was seen of one host: at some moment of a reading, or for as long as it was off.

    Attributes:
        off: it was off from `start` to `end`, and surely owned nothing all the while.
    """

    start: int
    end: int
    owns: bool
    off: bool = False


def _told(history: History, probe: Probe, field: str, host: str) -> list[_Told]:
    read = [
        _Told(r.t, r.t + r.took, bool(r.value[field]))
        for r in history.readings_of(probe, [host])
        if not r.error and field in r.value
    ]
    return sorted([*read, *_off(history, host)], key=lambda each: each.start)


def _off(history: History, host: str) -> Iterator[_Told]:
    """The times at which the host was off, by the lab's own word."""
    since: int | None = None
    for event in history.events:
        if event.kind != "host" or event.subject != host:
            continue
        if since is not None and event.what != HostState.OFF:
            yield _Told(since, event.t, owns=False, off=True)
            since = None
        elif event.what == HostState.OFF and since is None:
            since = event.t
    if since is not None:
        yield _Told(since, max(since, history.meta.duration), owns=False, off=True)


def _sure(told: Sequence[_Told], silence: int, *, owns: bool) -> Iterator[Span]:
    """Times in which the host surely owned, or did not: between what was seen first and last of one kind."""
    for group in _runs(told, silence):
        start = group[0].start if group[0].off else group[0].end
        end = group[-1].end if group[-1].off else group[-1].start
        if group[0].owns is owns and end > start:
            yield Span(start, end)


def _runs(told: Sequence[_Told], silence: int) -> list[list[_Told]]:
    """What was seen in a row of one kind, each no longer than `silence` after the one before."""
    runs: list[list[_Told]] = []
    edge = 0
    for each in told:
        if runs and runs[-1][0].owns is each.owns and each.start - edge <= silence:
            runs[-1].append(each)
        else:
            runs.append([each])
        edge = max(edge, each.end)
    return runs


def _clipped(spans: Iterable[Span], to: Span) -> list[Span]:
    cut = (Span(max(span.start, to.start), min(span.end, to.end)) for span in spans)
    return [span for span in cut if span.length]


def _covered(spans: Iterable[Span], times: int) -> list[Span]:
    """Where so many spans lie over one another."""
    turns = sorted([(t, step) for span in spans for t, step in ((span.start, 1), (span.end, -1))])
    found: list[Span] = []
    depth = 0
    for (t, step), (until, _) in itertools.pairwise(turns):
        depth += step
        if depth >= times and until > t:
            joined = found and found[-1].end == t
            found[-1:] = [Span(found[-1].start, until)] if joined else [*found[-1:], Span(t, until)]
    return found


def _without(whole: Span, taken: Span) -> list[Span]:
    if not taken.length:
        return [whole]
    parts = (Span(whole.start, min(whole.end, taken.start)), Span(max(whole.start, taken.end), whole.end))
    return [part for part in parts if part.length]


def _gap(told: Sequence[_Told], span: Span, silence: int) -> Span | None:
    """The first time, longer than `silence`, in which nothing was seen."""
    edge = span.start
    for each in told:
        if each.start > span.end:
            break
        if each.start - edge > silence:
            return Span(edge, each.start)
        edge = max(edge, each.end)
    return Span(edge, span.end) if span.end - edge > silence else None


def _two(shared: Sequence[Span], owning: Mapping[str, Sequence[Span]]) -> str:
    worst = max(shared, key=lambda each: each.length)
    names = [host for host, spans in owning.items() if any(s.start <= worst.start < s.end for s in spans)]
    return f"{' and '.join(names)} both had it for {show_duration(worst.length)}, from {show_duration(worst.start)} on"


def _verdict(outcome: Result, reason: str, longest: int, limit: Limit) -> Verdict:
    return Verdict(outcome, reason, longest / NS, limit, Unit.SECONDS)
