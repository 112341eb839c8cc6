"""When something came to hold: the first moment after which the next second meets a criterion.

window.start                  moment                      end of the window
   |--- x x . x . x x x x x x x [. . . . . . . . . .]---------|
   |<------- measured -------->|<---- holding ----->|

x is a bad arrival, . a good one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chaoskit.checks.rows import Mask
from chaoskit.core.check import Samples
from chaoskit.core.errors import UsageError
from chaoskit.core.forecast import Forecast
from chaoskit.core.history import History
from chaoskit.core.load import Load
from chaoskit.core.selector import Selector
from chaoskit.core.units import NS, duration, fraction, show_duration
from chaoskit.core.verdict import FAIL, PASS, Limit, Unit, Verdict, unknown
from chaoskit.core.window import Window

_AT_ONCE = 1 << 16
"""Arrivals of which it is asked at once whether a criterion holds from them on."""

MORE = "Raise the rate, or let the criterion hold longer (holding=)."
"""Remedy for too few arrivals in the time that must meet a criterion."""


@dataclass(frozen=True)
class Deadline:
    """A window as a bound on the time something takes.

    Attributes:
        start: from when time counts, ns since the origin.
        limit: seconds it may take, with the parts of a sum.
        observed: until when the record can tell, ns since the origin: the run's end, or where it was stopped.
    """

    start: int
    limit: Limit
    observed: int


def deadline(history: History, within: Window) -> Deadline:
    """What a window demands of something that begins with it.

    Raises:
        Undefined: an event that bounds the window never came.
    """
    span = history.span(within)
    length = span.length if within.lasting is None else within.lasting.total
    parts = str(within.lasting) if within.lasting is not None and len(within.lasting.parts) > 1 else ""
    return Deadline(span.start, Limit("<=", length / NS, parts), observed_until(history))


def observed_until(history: History) -> int:
    """The end of what was observed: the run's duration, or the last thing recorded of one that was stopped or goes on.

    A run that goes on, as a guard sees it, has no anchors yet.
    """
    if history.anchors and not history.meta.stopped:
        return history.meta.duration
    last = [history.events[-1].t if history.events else 0, history.readings[-1].t if history.readings else 0]
    if len(history.requests):
        last.append(int(history.requests.intended.max()))
    return min(history.meta.duration, max(last))


def first_good(
    times: NDArray[np.int64],
    good: Mask,
    *,
    after: int,
    last: int,
    holding: int,
    at_least: float,
    fewest: int,
    one_in: int = 1,
) -> int | None:
    """The first moment from `after` on from which the next `holding` ns meet the criterion, or None.

    Moments looked at are `after` itself and the intended starts of good arrivals: the criterion can
    only come to hold when a good arrival comes or a bad one is left behind, and a bad one left behind
    is told by the next good one.

    Args:
        times: intended starts, ns, in any order.
        good: whether each arrival counts as good.
        after: the first moment, ns.
        last: the last moment, ns; of later ones too little was recorded to tell.
        holding: ns.
        at_least: share of the arrivals in that time that must be good.
        fewest: good arrivals there must be in that time, so that a gap in the record is no success.
        one_in: of how many good arrivals one was recorded; of bad ones all were.
    """
    ordered, passed = _ordered(times, good, after, last + holding)
    start = 0
    while start < len(ordered):
        # Most look for a moment soon after the first one: the rest of millions is not looked at.
        starts = ordered[start : start + _AT_ONCE]
        fits = np.diff(passed[start : start + len(starts) + 1]) > 0
        candidates = np.concatenate([np.array([] if start else [after], np.int64), starts[fits]])
        candidates = candidates[candidates <= last]
        low = np.searchsorted(ordered, candidates, "left")
        high = np.searchsorted(ordered, candidates + holding, "left")
        seen = passed[high] - passed[low]
        fine = seen * one_in
        count = high - low - seen + fine
        meets = (seen >= max(1, fewest)) & (fine >= at_least * count - 1e-9)
        if meets.any():
            return int(candidates[int(np.argmax(meets))])
        start += _AT_ONCE
    return None


def _ordered(times: NDArray[np.int64], good: Mask, start: int, end: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The arrivals from `start` to before `end` in order of time, and how many good ones come before each."""
    inside = (times >= start) & (times < end)
    keys = times[inside]
    keys <<= 1  # time and good in one number: sorting it takes half the memory of an index
    keys |= good[inside]
    keys.sort()
    passed = np.zeros(len(keys) + 1, np.int32)
    np.cumsum(keys & 1, out=passed[1:])
    keys >>= 1
    return keys, passed


def density(times: NDArray[np.int64], due: Deadline, holding: int) -> int:
    """How many arrivals `holding` ns hold on average, from the window's start until as long after it may take."""
    end = min(due.observed, due.start + max(holding, round(due.limit.value * NS)))
    inside = int(((times >= due.start) & (times < end)).sum())
    return round(inside * holding / (end - due.start)) if end > due.start else 0


def sensible(given: Mapping[str, Any]) -> None:
    """See that a criterion and the time it must hold make sense.

    Raises:
        UsageError: the share is none or zero, the time is zero, or the window has no end.
    """
    if fraction(given["at_least"]) == 0:
        raise UsageError("at_least=0 is met from the start by anything")
    if duration(given["holding"]) == 0:
        raise UsageError("holding=0 leaves no time to meet the criterion in")
    within: Window = given["within"]
    if within.lasting is None and within.before is None:
        raise UsageError("the window has no end, so it bounds nothing", remedy="Give it lasting= or before=.")


def forecast_samples(
    forecast: Forecast, load: Load, within: Window, clients: Selector | None, at_least: float, holding: int
) -> Samples:
    """How many arrivals `holding` ns of the window will hold on average."""
    span = forecast.span(within)
    inside = forecast.arrivals(load, during=within, clients=clients)
    return Samples(round(inside * holding / span.length) if span.length else 0, needed_to_hold(at_least))


def needed_to_hold(at_least: float) -> int:
    """How many arrivals the time that must meet a criterion needs: 100 for 99 % and above, at least 20."""
    return 100 if at_least >= 0.99 else max(20, math.ceil(round(1 / (1 - at_least), 6)))


def time_to(
    due: Deadline,
    moment: int | None,
    what: str,
    *,
    told_after: int = 0,
    samples: int | None = None,
    needed: int | None = None,
) -> Verdict:
    """The time until a moment, held to the deadline; unknown when the record ends too early to tell.

    Args:
        due: from when, how long, and until when the record can tell.
        moment: ns since the origin; None when it never came.
        what: what came to hold, for the reason: `eu is served again`.
        told_after: ns of record it takes after the moment to tell.
        samples: how many the answer rests on.
        needed: how many it takes.
    """
    allowed = Unit.SECONDS.show(due.limit.value)
    seen = max(0, due.observed - due.start)
    if moment is None:
        if seen < due.limit.value * NS + told_after:
            return unknown(
                f"the record ends {show_duration(seen)} after the window's start, too early to tell whether {what} "
                f"within {allowed}",
                remedy="Lengthen the run, so that the window and the time to confirm it lie inside.",
            )
        reason = f"never in the {show_duration(seen)} until the end of the run: {what}"
        return Verdict(FAIL, reason, None, due.limit, Unit.SECONDS, samples, needed)
    measured = (moment - due.start) / NS
    outcome = PASS if due.limit.admits(measured) else FAIL
    reason = f"after {Unit.SECONDS.show(measured)} {what}; {allowed} are allowed"
    return Verdict(outcome, reason, measured, due.limit, Unit.SECONDS, samples, needed)
