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

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.units import NS
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


_KEPT = 2 * NS
"""Of the past, so much is at hand for changes that are heard of too late."""


@dataclass(frozen=True)
class _Slice:
    """Part of the whole schedule: moments in its own time, the stream of each, and the number of the first."""

    moments: Moments
    streams: Moments
    first: int

    @property
    def numbers(self) -> Moments:
        """The number of each arrival in the whole schedule."""
        return np.arange(self.first, self.first + len(self.moments))


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
        self._slices: deque[_Slice] = deque()
        self._given: tuple[Moments, Moments] = (_NONE, _NONE)
        self._numbers = _NONE
        self._last = -1
        self._follow(course)

    def take(self) -> tuple[Moments, Moments]:
        """As `Schedule.take`, of this engine's arrivals."""
        self._last = int(self._numbers[-1]) if len(self._numbers) else self._last
        self._give(_NONE, _NONE, _NONE)
        while not len(self._numbers) and not self._is_over():
            part = _Slice(*self._schedule.take(), self._number)
            if not len(part.moments):
                break
            self._number += len(part.moments)
            self._keep(part)
            real, own = self._real(part), self._own(part)
            self._give(real[own], part.streams[own], part.numbers[own])
        return self._given

    def recast(self, course: Course, taken: int) -> tuple[Moments, Moments]:
        """Go another way; returns what of the last slice is still to come.

        Args:
            course: as before, and what comes new.
            taken: how many of the last slice's arrivals have been taken up.
        """
        last = int(self._numbers[taken - 1]) if taken else self._last
        sent = [self._own(part) & (part.numbers <= last) for part in self._slices]
        self._owed -= np.bincount(self._given[1][taken:], minlength=len(self._owed))
        self._follow(course)
        found = [(_NONE, _NONE, _NONE)]
        for part, gone in zip(self._slices, sent, strict=True):
            own = self._own(part)
            self.doubled += int((gone & ~own).sum())
            own &= ~gone
            found.append((self._real(part)[own], part.streams[own], part.numbers[own]))
        self._last = last
        self._give(*map(np.concatenate, zip(*found, strict=True)))
        return self._given

    def owed(self, until: int) -> list[int]:
        """As `Schedule.owed`, of this engine's arrivals; the others' are in `whole`."""
        last = until if self._end is None else min(until, self._end - 1)
        self.whole = self._number - sum(int((self._real(part) > last).sum()) for part in self._slices)
        moments, streams = self._given
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
        self._past = round(_KEPT * max(1.0, deals[-1].pace))

    def _real(self, part: _Slice) -> Moments:
        """When its arrivals come, ns from the origin."""
        at = np.searchsorted(self._starts, part.moments, "right") - 1
        pace = self._pace[at]
        passed = np.rint((part.moments - self._starts[at]) / np.where(pace > 0, pace, 1.0)).astype(np.int64)
        return np.where(pace > 0, self._since[at] + passed, NEVER)

    def _own(self, part: _Slice) -> NDArray[np.bool_]:
        """Which arrivals are this engine's, and come before the end."""
        at = np.searchsorted(self._starts, part.moments, "right") - 1
        of = self._of[at]
        own: NDArray[np.bool_] = (of > 0) & (part.numbers % np.maximum(of, 1) == self._index[at])
        return own if self._end is None else own & (self._real(part) < self._end)

    def _is_over(self) -> bool:
        """Whether what comes next comes after the end."""
        return self._end is not None and bool(self._slices) and int(self._real(self._slices[-1])[-1]) >= self._end

    def _keep(self, part: _Slice) -> None:
        """A change may concern it, but for what came before this engine joined."""
        if self._of[0] or part.moments[-1] >= self._starts[-1]:
            self._slices.append(part)
        while self._slices and self._slices[0].moments[-1] < part.moments[0] - self._past:
            self._slices.popleft()

    def _give(self, moments: Moments, streams: Moments, numbers: Moments) -> None:
        self._owed += np.bincount(streams, minlength=len(self._owed))
        self._given, self._numbers = (moments, streams), numbers


def _starts(deals: Sequence[Deal]) -> Moments:
    """What the schedule's own time is when each deal begins, ns."""
    starts = [0]
    for deal, following in pairwise(deals):
        starts.append(starts[-1] + round((following.since - deal.since) * deal.pace))
    return np.array(starts, np.int64)
