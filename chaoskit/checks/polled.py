"""What a probe read of one field, host by host, and what keeps it from being believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chaoskit.checks import moments, rows
from chaoskit.core.history import History, Reading
from chaoskit.core.probe import Probe
from chaoskit.core.selector import Selector
from chaoskit.core.step import Json
from chaoskit.core.units import NS, show_duration
from chaoskit.core.window import Span, Window

_MISSED = 5
"""Intervals that may pass without a reading, on a busy machine, before the last one is said to be old."""

LOOK = "Look at the probe's readings in the history."
"""Remedy for readings that lack."""


@dataclass(frozen=True)
class Polled:
    """One host's readings in a window.

    Attributes:
        field: what was to be read.
        readings: all of them, in order of time.
        good: those that succeeded and have the field.
        values: what those say.
        end: the window's end, or that of the record, ns since the origin.
        every: ns between two readings.
    """

    host: str
    field: str
    readings: tuple[Reading, ...]
    good: tuple[Reading, ...]
    values: tuple[Json, ...]
    end: int
    every: int

    def lacking(self, share: float) -> str:
        """Why too few readings are good for so large a share; empty where there are enough, which is at least one."""
        if not self.readings:
            return "no reading in the window"
        if self.good and len(self.good) >= share * len(self.readings):
            return ""
        error = next((reading.error for reading in reversed(self.readings) if reading.error), "")
        if self.good:
            failed = len(self.readings) - len(self.good)
            return f"{failed:,} of {len(self.readings):,} readings failed or lack {self.field!r}" + _because(error)
        return (
            f"every reading failed ({error})" if self.readings[-1].error else f"no reading has the field {self.field!r}"
        )

    def old(self) -> str:
        """Why the last good reading says nothing of the window's end; empty where it was taken near it."""
        if lacking := self.lacking(0):
            return lacking
        before = self.end - self.good[-1].t
        if before <= max(NS, _MISSED * self.every):
            return ""
        error = self.readings[-1].error
        return f"the last good reading is {show_duration(before)} before the window's end" + _because(error)


def _because(error: str) -> str:
    return f" ({error})" if error else ""


def polled(
    history: History, probe: Probe, field: str, *, at: Selector | None = None, during: Window | None = None
) -> list[Polled]:
    """What a probe read at each of its hosts, or at some of them, in a window; by default in the whole record.

    Args:
        history: the run.
        probe: whose readings.
        field: a key of its readings; `servers.web1.state` goes down into nested ones, whose keys may hold dots
            themselves, as addresses do.
        at: at these hosts only; of them, those at which the probe reads.
        during: readings taken up in this window only.
    """
    span = history.span(during)
    span = Span(span.start, min(span.end, moments.observed_until(history)))
    among = None if at is None else [host.name for host in rows.hosts(history, at)]
    every = history.readings_of(probe, among)
    found = []
    for host in sorted({reading.host for reading in every}):
        own = tuple(r for r in every if r.host == host and (during is None or span.holds(r.t)))
        said = [(reading, _value(reading, field)) for reading in own]
        good = [(reading, value) for reading, value in said if value is not None]
        found.append(
            Polled(host, field, own, tuple(r for r, _ in good), tuple(v for _, v in good), span.end, probe.every)
        )
    return found


def _value(taken: Reading, field: str) -> Json:
    """The field's value; None when the reading failed or has no such field."""
    return None if taken.error else _inside(taken.value, field)


def _inside(value: Mapping[str, Json], field: str) -> Json:
    if field in value:
        return value[field]
    for key, inner in value.items():
        if isinstance(inner, Mapping) and field.startswith(f"{key}."):
            return _inside(inner, field.removeprefix(f"{key}."))
    return None
