"""Requests of several generators, each with a clock of its own, on one clock: what a run over many machines records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from chaoskit.core.clock_offset import SAME_CLOCK, ClockOffset
from chaoskit.core.history import Requests, concatenate
from chaoskit.core.step import Json
from chaoskit.core.units import NS


@dataclass(frozen=True)
class Share:
    """What one worker did.

    Attributes:
        worker: its name.
        requests: its rows; moments since `origin`.
        origin: CLOCK_MONOTONIC ns of its machine that its moments count from.
        clock: how far that clock leads the one merged onto.
    """

    worker: str
    requests: Requests
    origin: int
    clock: ClockOffset = SAME_CLOCK


@dataclass(frozen=True)
class Merged:
    """One table of several workers' rows.

    Attributes:
        requests: in order of completion, as a history has them.
        clocks: by worker `offset_s`, and `error_s`, which the moments of its rows are off by at most, in seconds;
            for a run's `Meta.environment`. Latencies and other lengths of time are not touched by a clock's offset.
    """

    requests: Requests
    clocks: Mapping[str, Json]

    @property
    def error(self) -> float:
        """Seconds that moments of two rows may be off against each other at most: the two worst clocks."""
        errors = sorted(_number(clock["error_s"]) for clock in self.clocks.values() if isinstance(clock, Mapping))
        return sum(errors[-2:])


def merge(shares: Sequence[Share], origin: int) -> Merged:
    """Put the workers' rows on one clock, their origin moved to `origin`, ns of that clock."""
    table = concatenate([_moved(share, origin) for share in shares])
    order = table.ended.argsort(kind="stable")
    return Merged(table.take(order), {share.worker: _clock(share) for share in shares})


def _moved(share: Share, origin: int) -> Requests:
    shift = share.origin - share.clock.offset - origin
    return replace(share.requests, intended=share.requests.intended + shift)


def _clock(share: Share) -> Mapping[str, Json]:
    rows, clock = share.requests, share.clock
    moments = [int(rows.intended.min()), int(rows.ended.max())] if len(rows) else []
    error = max((clock.error_at(share.origin + moment) for moment in moments), default=clock.bound)
    return {"offset_s": clock.offset / NS, "error_s": (0 if clock == SAME_CLOCK else error) / NS}


def _number(value: Json) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
