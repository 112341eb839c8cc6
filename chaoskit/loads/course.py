"""A schedule that is shared between engines and may change while it runs: who takes what, and how fast it goes.

Every engine makes the whole schedule, which the seed alone decides, and takes the arrivals that are its own by
their number in it: number n belongs to engine `n mod of`. From an agreed moment on it may be dealt anew, because
an engine joined or died, or go at another pace, because there are more users. All engines know the same moments
and paces, so every arrival belongs to exactly one of them, whatever their clocks say.

    pace 1      |--a--b--c--d--|              the schedule's own time
    pace 2 from there on:      |-e-f-g-h|     the same arrivals, sooner

A process of rate 1 that is read at pace `r(t)` is one of rate `r(t)`: the time change of Cinlar, Introduction to
Stochastic Processes, 1975, ch. 4.7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from chaoskit.loads.schedule import Moments, Schedule

NEVER = 1 << 61
"""When arrivals come while the pace is zero: later than any run, but before `loop.FAR`, which would be the end."""
_NONE: Moments = np.empty(0, np.int64)


@dataclass(frozen=True)
class Deal:
    """From a moment on, which arrivals are this engine's, and at what pace they come.

    Attributes:
        since: ns from the origin.
        index: this engine's number, from 0.
        of: among how many the arrivals are dealt; 0 for nothing yet, before this engine is one of them.
        pace: how fast the schedule's own time goes; 0 holds it.
    """

    since: int
    index: int
    of: int
    pace: float = 1.0


@dataclass(frozen=True)
class Course:
    """All deals of a run so far, the first from 0 on, ascending; and when arrivals end, in ns, if that is known."""

    deals: tuple[Deal, ...] = (Deal(0, 0, 1),)
    end: int | None = None


_Given = tuple[Moments, Moments, Moments]
"""Arrivals that are this engine's: moments in ns from the origin, streams, and numbers in the whole schedule."""


@dataclass(frozen=True)
class _Slice:
    """Part of the whole schedule: moments in its own time, the stream of each, and the number of the first."""

    moments: Moments
    streams: Moments
    first: int


class CourseSchedule:
    """A `Schedule` as one of the engines that share it sees it; same methods, and `recast`.

    Attributes:
        doubled: arrivals that were taken although a change that came too late gave them to another engine.
        whole: once `owed` was called, what all engines owe together up to then.
    """

    def __init__(self, schedule: Schedule, streams: int, course: Course) -> None:
        self.doubled = 0
        self.whole = 0
        self._schedule = schedule
        self._number = 0
        self._owed = np.zeros(streams, np.int64)
        self._slices: list[_Slice] = []
        self._given: _Given = (_NONE, _NONE, _NONE)
        self._follow(course)

    def take(self) -> tuple[Moments, Moments]:
        """As `Schedule.take`, of this engine's arrivals."""
        self._given = (_NONE, _NONE, _NONE)
        if self._end is not None and any(int(self._real(part)[-1]) >= self._end for part in self._slices):
            return self._given[:2]
        self._slices.clear()
        while not len(self._given[0]):
            part = _Slice(*self._schedule.take(), self._number)
            if not len(part.moments):
                break
            self._number += len(part.moments)
            if self._of[0] or part.moments[-1] >= self._starts[-1]:
                self._slices.append(part)  # of what came before it joined, an engine is given nothing any more
            if self._is_over(part):
                break
            self._give(self._own(part))
        return self._given[:2]

    def recast(self, course: Course, since: int, taken: int) -> tuple[Moments, Moments]:
        """Go another way from a moment on; returns what of the last slice is still to come.

        Args:
            course: deals and paces, the same as before up to `since`.
            since: ns from the origin.
            taken: how many of the last slice's arrivals have been taken up.
        """
        given = self._given
        at = int(np.searchsorted(given[0], since))
        self._owed -= np.bincount(given[1][max(at, taken) :], minlength=len(self._owed))
        self._follow(course)
        fresh = [(_NONE, _NONE, _NONE), *(self._own(part, since) for part in self._slices)]
        moments, streams, numbers = map(np.concatenate, zip(*fresh, strict=True))
        gone = np.isin(numbers, given[2][at:taken])
        self.doubled += max(0, taken - at) - int(gone.sum())
        kept = slice(taken, max(at, taken))
        self._given = (given[0][kept], given[1][kept], given[2][kept])
        self._give((moments[~gone], streams[~gone], numbers[~gone]))
        return self._given[:2]

    def owed(self, until: int) -> list[int]:
        """As `Schedule.owed`, of this engine's arrivals; the others' are in `whole`."""
        last = until if self._end is None else min(until, self._end - 1)
        self.whole = self._number - sum(int((self._real(part) > last).sum()) for part in self._slices)
        moments, streams, _numbers = self._given
        early = np.bincount(streams[int(np.searchsorted(moments, until, "right")) :], minlength=len(self._owed))
        owed: list[int] = (self._owed - early).tolist()
        return owed

    def _follow(self, course: Course) -> None:
        deals = course.deals
        self._end = course.end
        self._since = np.array([deal.since for deal in deals], np.int64)
        self._index = np.array([deal.index for deal in deals], np.int64)
        self._of = np.array([deal.of for deal in deals], np.int64)
        self._pace = np.array([deal.pace for deal in deals], np.float64)
        self._starts = _starts(deals)

    def _real(self, part: _Slice) -> Moments:
        """When its arrivals come, ns from the origin."""
        at = np.searchsorted(self._starts, part.moments, "right") - 1
        pace = self._pace[at]
        passed = np.rint((part.moments - self._starts[at]) / np.where(pace > 0, pace, 1.0)).astype(np.int64)
        return np.where(pace > 0, self._since[at] + passed, NEVER)

    def _is_over(self, part: _Slice) -> bool:
        return self._end is not None and int(self._real(part)[0]) >= self._end

    def _own(self, part: _Slice, since: int = 0) -> _Given:
        """This engine's arrivals of a slice that come from a moment on and before the end."""
        real = self._real(part)
        at = np.searchsorted(self._starts, part.moments, "right") - 1
        numbers = part.first + np.arange(len(real))
        own: NDArray[np.bool_] = (self._of[at] > 0) & (numbers % np.maximum(self._of[at], 1) == self._index[at])
        own &= real >= since
        if self._end is not None:
            own &= real < self._end
        return real[own], part.streams[own], numbers[own]

    def _give(self, more: _Given) -> None:
        self._owed += np.bincount(more[1], minlength=len(self._owed))
        moments, streams, numbers = map(np.concatenate, zip(self._given, more, strict=True))
        self._given = (moments, streams, numbers)


def _starts(deals: Sequence[Deal]) -> Moments:
    """What the schedule's own time is when each deal begins, ns."""
    starts = [0]
    for deal, following in pairwise(deals):
        starts.append(starts[-1] + round((following.since - deal.since) * deal.pace))
    return np.array(starts, np.int64)
