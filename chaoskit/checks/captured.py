"""What captures counted in a span, and what keeps their counts from being believed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

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


def counted(history: History, capture: Probe, during: Window | None) -> tuple[Counted, ...]:
    """What a capture counted at each of its hosts; without a window since it began, which is before the boot actions.

    Counts are known as often as the capture is read, so that up to one interval before the window counts as well,
    and up to one after.
    """
    readings = history.readings_of(capture)
    span = history.span(during)
    start = span.start if during else min((reading.t for reading in readings), default=0) - 1
    hosts = sorted({reading.host for reading in readings})
    return tuple(
        _at_host(host, [reading for reading in readings if reading.host == host], Span(start, span.end), capture.every)
        for host in hosts
    )


def _at_host(host: str, readings: Sequence[Reading], span: Span, every: int) -> Counted:
    good = [reading for reading in readings if not reading.error]
    before = [reading for reading in good if reading.t <= span.start][-1:]
    inside = [reading for reading in good if span.holds(reading.t) and reading.t > span.start]
    after = [reading for reading in good if reading.t >= span.end][:1]
    chosen = [*before, *inside, *after]
    rises = [*([(None, chosen[0])] if chosen and not before else []), *pairwise(chosen)]
    risen = [now for old, now in rises if _rise(old, now, "packets")]
    problems = [*_gaps(readings, inside, after, span, every), *_restarts(chosen), *_drops(rises)]
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
    return _count(now, field) - (_count(old, field) if old is not None and same else 0)


def _count(reading: Reading, field: str) -> int:
    return cast(int, reading.value[field])


def _gaps(
    readings: Sequence[Reading], inside: Sequence[Reading], after: Sequence[Reading], span: Span, every: int
) -> Iterator[str]:
    if not inside and not after:
        failed = next((reading.error for reading in readings if reading.error and span.holds(reading.t)), "")
        yield f"nothing was read in the window{f' ({failed})' if failed else ''}"
    elif not after and span.end - inside[-1].t > max(NS, _MISSED * every):
        yield f"the last reading is {show_duration(span.end - inside[-1].t)} before the window's end"


def _restarts(chosen: Sequence[Reading]) -> Iterator[str]:
    if len({reading.value["since"] for reading in chosen}) > 1:
        yield "the capture began anew, and nothing is known of the time between"


def _drops(rises: Iterable[tuple[Reading | None, Reading]]) -> Iterator[str]:
    dropped = sum(_rise(old, now, "dropped") for old, now in rises)
    if dropped:
        yield f"the kernel dropped {dropped:,} packets for want of room"
