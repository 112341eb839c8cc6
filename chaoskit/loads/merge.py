"""Requests of several generators, each with a clock of its own, on one clock: what a run over many machines records.

Each generator's rows come in parts, in order of completion. They are merged as sorted files are: no more is at hand
than a part of each, so that a long run needs no more memory than a short one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from chaoskit.core.clock_offset import SAME_CLOCK, ClockCourse
from chaoskit.core.history import Requests, concatenate, no_requests
from chaoskit.core.step import Json
from chaoskit.core.units import NS

ONE_CLOCK = ClockCourse((SAME_CLOCK,))
"""Of generators of one machine."""


@dataclass(frozen=True)
class Share:
    """What one worker did.

    Attributes:
        worker: its name.
        parts: its rows; moments since `origin`.
        origin: CLOCK_MONOTONIC ns of its machine that its moments count from.
        clock: how far that clock leads the one merged onto.
    """

    worker: str
    parts: Iterable[Requests]
    origin: int
    clock: ClockCourse = ONE_CLOCK


@dataclass
class _Run:
    """One worker's rows on the common clock, as far as they are at hand."""

    share: Share
    parts: Iterator[Requests]
    waiting: Requests = field(default_factory=no_requests)
    more: bool = True
    error: int = 0

    def fill(self, origin: int) -> None:
        """See to it that there are rows, unless there are none left."""
        while self.more and not len(self.waiting):
            part = next(self.parts, None)
            self.more = part is not None
            if part is not None and len(part):
                self.waiting = self._moved(part, origin)

    def _moved(self, part: Requests, origin: int) -> Requests:
        """A part lasts so shortly that one offset is right for it, but for what drift does meanwhile."""
        share = self.share
        first, last = share.origin + int(part.intended.min()), share.origin + int(part.ended.max())
        offset = share.clock.offset_at((first + last) // 2)
        for moment in (first, last):
            self.error = max(self.error, share.clock.error_at(moment) + abs(share.clock.offset_at(moment) - offset))
        return replace(part, intended=part.intended + (share.origin - offset - origin))

    @property
    def last(self) -> int:
        """When the last row at hand ended; all that come later ended later."""
        return int(self.waiting.ended.max(initial=0))

    def until(self, moment: int) -> Requests:
        """Take the rows that ended by then."""
        early = self.waiting.ended <= moment
        taken, self.waiting = self.waiting.take(early), self.waiting.take(~early)
        return taken


class Merge:
    """One table of several workers' rows, made as it is read: `tables` gives it in parts, once.

    Args:
        shares: of the workers.
        origin: ns of the common clock that moments are to count from.
    """

    def __init__(self, shares: Sequence[Share], origin: int) -> None:
        self._runs = [_Run(share, iter(share.parts)) for share in shares]
        self._origin = origin

    def tables(self) -> Iterator[Requests]:
        """Parts in order of completion, as a history has them; each at most as long as one part of every worker."""
        while True:
            for run in self._runs:
                run.fill(self._origin)
            going = [run for run in self._runs if len(run.waiting)]
            if not going:
                return
            safe = min(run.last for run in going)
            table = concatenate([run.until(safe) for run in going])
            yield table.take(table.ended.argsort(kind="stable"))

    @property
    def clocks(self) -> Mapping[str, Json]:
        """By worker `offset_s`, at its origin, and `error_s`, which moments of its rows read so far are off at most.

        Latencies and other lengths of time are not touched by a clock's offset.
        """
        return {
            run.share.worker: {
                "offset_s": run.share.clock.offset_at(run.share.origin) / NS,
                "error_s": (run.error or run.share.clock.error_at(run.share.origin)) / NS,
            }
            for run in self._runs
        }

    @property
    def error(self) -> float:
        """Seconds that moments of two rows read so far may be off against each other at most: the two worst clocks."""
        return sum(sorted(run.error for run in self._runs)[-2:]) / NS
