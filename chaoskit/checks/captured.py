"""What captures counted in a span, and what keeps their counts from being believed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

from chaoskit.checks.counter import step
from chaoskit.core.clock import Anchor
from chaoskit.core.history import History, Reading
from chaoskit.core.probe import Probe
from chaoskit.core.units import NS, show_duration
from chaoskit.core.window import Span, Window

_MISSED = 5
"""Intervals that may pass without a reading, on a busy machine, before a count is not said to reach so far."""


@dataclass(frozen=True)
class Counted:
    """Packets at one host in a span.

    Attributes:
        first: ns since the origin at which the first of them was known; None without any.
        problem: why there may have been more; empty where there is no reason to think so.
    """

    host: str
    packets: int
    bytes: int
    first: int | None
    problem: str


def counted(history: History, capture: Probe, during: Window | None, *, straddling: bool = True) -> tuple[Counted, ...]:
    """What a capture counted at each of its hosts; without a window since it began, which is before the boot actions.

    Counts are known as often as the capture is read. What came between two readings of which the one lies before the
    window's start, the other after it, counts as well, unless `straddling` is false; so does what came in the interval
    after its end.
    """
    readings = history.readings_of(capture)
    span = history.span(during)
    start = span.start if during else min((reading.t for reading in readings), default=0) - 1
    hosts = sorted({reading.host for reading in readings})
    return tuple(
        _at_host(
            _Chosen.of([r for r in readings if r.host == host], Span(start, span.end), begins=during is None),
            history.anchors,
            capture.every,
            straddling=straddling,
        )
        for host in hosts
    )


@dataclass(frozen=True)
class _Chosen:
    """One host's readings, and those of them that tell of a span.

    Attributes:
        before: the last good one at its start or before, if there is one.
        within: the good ones after its start, and the first one at its end or later.
        begins: the span begins with the capture itself.
    """

    readings: Sequence[Reading]
    before: Sequence[Reading]
    within: Sequence[Reading]
    span: Span
    begins: bool

    @classmethod
    def of(cls, readings: Sequence[Reading], span: Span, *, begins: bool) -> _Chosen:
        good = [reading for reading in readings if not reading.error]
        before = [reading for reading in good if reading.t <= span.start][-1:]
        inside = [reading for reading in good if span.start < reading.t < span.end]
        after = [reading for reading in good if reading.t >= span.end and reading.t > span.start][:1]
        return cls(readings, before, [*inside, *after], span, begins)


def _at_host(chosen: _Chosen, anchors: Sequence[Anchor], every: int, *, straddling: bool) -> Counted:
    told = [*chosen.before, *chosen.within]
    if not straddling:
        told = [reading for reading in told if reading.t >= chosen.span.start]
    first = [(None, told[0])] if told and straddling and not chosen.before else []
    rises: list[tuple[Reading | None, Reading]] = [*first, *pairwise(told)]
    risen = [now for old, now in rises if _rise(old, now, "packets")]
    problems = [*_late(chosen, anchors), *_gaps(chosen, every), *_restarts(told), *_drops(rises)]
    host = chosen.readings[0].host
    return Counted(
        host,
        sum(_rise(old, now, "packets") for old, now in rises),
        sum(_rise(old, now, "bytes") for old, now in rises),
        risen[0].t + risen[0].took if risen else None,
        f"at {host} {'; '.join(problems)}" if problems else "",
    )


def _rise(old: Reading | None, now: Reading, field: str) -> int:
    """How far a counter rose; one that began anew rose from nothing."""
    same = old is not None and old.value["since"] == now.value["since"]
    return int(step(_count(old, field) if old is not None and same else 0, _count(now, field)))


def _count(reading: Reading, field: str) -> int:
    return cast(int, reading.value[field])


def _late(chosen: _Chosen, anchors: Sequence[Anchor]) -> Iterator[str]:
    """Whether the capture was there when the span began: a reading says so, or when the capture began, by its clock."""
    if chosen.before or not chosen.within:
        return
    first, start = chosen.within[0], chosen.span.start
    began = _began(first, anchors)
    failed = next((reading.error for reading in chosen.readings if reading.error and reading.t < first.t), "")
    late = began is None or began > start
    if failed and late:
        yield f"the capture began late: nothing was read for {show_duration(first.t - start)} ({failed})"
    elif not chosen.begins and late:
        yield f"the capture began {show_duration(first.t - start)} after the window's start at the latest"


def _began(reading: Reading, anchors: Sequence[Anchor]) -> int | None:
    """When the capture began, ns since the origin; None where nothing ties UTC to it."""
    return round(cast(float, reading.value["since"]) * NS) - anchors[0].utc + anchors[0].t if anchors else None


def _gaps(chosen: _Chosen, every: int) -> Iterator[str]:
    span = chosen.span
    if not chosen.within:
        failed = next((reading.error for reading in chosen.readings if reading.error and span.holds(reading.t)), "")
        yield f"nothing was read in the window{f' ({failed})' if failed else ''}"
    elif span.end - chosen.within[-1].t > max(NS, _MISSED * every):
        yield f"the last reading is {show_duration(span.end - chosen.within[-1].t)} before the window's end"


def _restarts(told: Sequence[Reading]) -> Iterator[str]:
    anew = len({reading.value["since"] for reading in told}) > 1
    if anew or any(_count(now, "packets") < _count(old, "packets") for old, now in pairwise(told)):
        yield "the capture began anew, and nothing is known of the time between"


def _drops(rises: Iterable[tuple[Reading | None, Reading]]) -> Iterator[str]:
    dropped = sum(_rise(old, now, "dropped") for old, now in rises)
    if dropped:
        yield f"the kernel dropped {dropped:,} packets for want of room"
