"""How much work is done in time, held to what can be done."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from chaoskit.checks import bounds, rows
from chaoskit.core.check import Samples, check
from chaoskit.core.errors import UsageError
from chaoskit.core.forecast import Forecast
from chaoskit.core.history import History
from chaoskit.core.load import Load, Outcome
from chaoskit.core.units import NS, Rate, rate, show_duration
from chaoskit.core.verdict import Limit, Unit, Verdict, too_few
from chaoskit.core.window import Span, Window

_Z = 3.72
"""Standard deviations that a normal variable exceeds on one side with a probability of 1e-4."""


@check
def goodput(
    history: History,
    *loads: Load,
    of: Window | Rate,
    at_least: float | None = None,
    at_most: float | None = None,
    between: tuple[float, float] | None = None,
    during: Window | None = None,
    variation: float = 1.0,
) -> Verdict:
    """Successful answers a second, as a multiple of what the system can do.

    An answer counts when it comes, whichever window its request was sent in; what comes after the caller's
    timeout is no success. What the system can do is a rate, or what it did in a window in which it had
    more than enough to do.

    The number of answers needed is such that a system that does as much as it can breaks the bound with a
    probability of at most 1 in 10,000. Over a time in which n answers are expected their number varies by
    `variation` * sqrt(n), where `variation` is the standard deviation of the time between answers, in units of
    its mean: of a server that is never idle that of its service times, 1 where they are exponential and next to
    0 where they are all the same (Cox, Renewal Theory, 1962, ch. 3.3).

    Args:
        history: the run.
        loads: whose answers are added up.
        of: what it can do: a rate such as `"200/s"`, or a window of this run in which it was saturated.
        at_least: the multiple it must reach; one of the three bounds is given.
        at_most: the multiple it may reach.
        between: lower and upper end of the multiples that are right.
        during: answers that came in this window only.
        variation: coefficient of variation of the service times.
    """
    held = _limit(at_least, at_most, between)
    span = history.span(during)
    if not span.length:
        return too_few(0, 1, "seconds in the window", remedy="Let the window begin before the run ends.")
    done = _answers(history, loads, span)
    able, reference, text = _able(history, loads, of)
    needed = _needed(held, variation)
    found = _effective(able * span.length / NS, reference)
    if found < needed:
        return too_few(found, needed, "answers to judge by", remedy="Lengthen both windows.")
    achieved = done * NS / span.length
    reason = f"{done:,} answers in {show_duration(span.length)} are {achieved:,.1f}/s, of {able:,.1f}/s {text}"
    return bounds.judged(achieved / able, held, Unit.SHARE, reason, samples=found, needed=needed)


goodput.weighs_rows()


@goodput.accepts
def _(given: Mapping[str, Any]) -> None:
    if not given["loads"]:
        raise UsageError("goodput of no load is nothing", remedy="Name the loads whose answers count.")
    if not isinstance(given["of"], Window) and not rate(given["of"]):
        raise UsageError("goodput is a multiple of what the system can do, and that is not nothing")
    if given["variation"] <= 0:
        raise UsageError(f"variation={given['variation']:g}: nothing takes exactly as long every time")
    _needed(_limit(given["at_least"], given["at_most"], given["between"]), given["variation"])


@goodput.samples
def _(
    forecast: Forecast,
    *loads: Load,
    of: Window | Rate,
    at_least: float | None = None,
    at_most: float | None = None,
    between: tuple[float, float] | None = None,
    during: Window | None = None,
    variation: float = 1.0,
) -> Samples:
    # What is done in a window cannot be known from a plan, but that it is no more than arrives in it.
    seconds = forecast.span(during).length / NS
    arrivals = sum(forecast.arrivals(each, during=during) for each in loads)
    if isinstance(of, Window):
        reference = float(sum(forecast.arrivals(each, during=of) for each in loads))
        able = reference / max(forecast.span(of).length / NS, 1e-9)
    else:
        able, reference = rate(of), math.inf
    expected = _effective(min(arrivals, able * seconds), reference)
    return Samples(expected, _needed(_limit(at_least, at_most, between), variation))


def _answers(history: History, loads: tuple[Load, ...], span: Span) -> int:
    requests = history.requests
    wanted = requests.load.equals(*(history.names.of(each) for each in loads))
    wanted &= rows.with_outcome(requests, [Outcome.OK])
    ended = requests.ended[wanted]
    return int(np.count_nonzero((ended >= span.start) & (ended < span.end))) * history.meta.one_success_in


def _able(history: History, loads: tuple[Load, ...], of: Window | Rate) -> tuple[float, float, str]:
    """What the system can do a second, how many answers that was measured by, and how it is called."""
    if not isinstance(of, Window):
        return rate(of), math.inf, "expected"
    span = history.span(of)
    done = _answers(history, loads, span)
    return done * NS / max(span.length, 1), float(done), f"in {history.names.by_object.get(of, 'the reference window')}"


def _effective(expected: float, reference: float) -> int:
    """The number of answers that vary as much as the ratio of these two numbers does."""
    return math.floor(1 / (1 / expected + 1 / reference)) if expected > 0 and reference > 0 else 0


def _limit(at_least: float | None, at_most: float | None, between: tuple[float, float] | None) -> Limit:
    bounds.one_of(at_least=at_least, at_most=at_most, between=between)
    if between is not None and not 0 < between[0] < 1 < between[1]:
        raise UsageError(f"between={between}: a system that does what it can is at 1, inside the interval")
    if between is not None:
        return Limit("in", between[0], upper=between[1])
    return Limit(">=", at_least) if at_least is not None else Limit("<=", at_most or 0.0)


def _needed(held: Limit, variation: float) -> int:
    """Answers whose number varies so little that the bound nearer to 1 is far enough.

    Raises:
        UsageError: a bound is 1, or not above 0.
    """
    ends = [held.value] if held.upper is None else [held.value, held.upper]
    if min(ends) <= 0 or 1 in ends:
        raise UsageError(
            "a bound on goodput lies above 0 and not at 1",
            remedy="No number of answers could tell 1 from 1: ask for 0.9.",
        )
    nearest = min(abs(math.log(end)) for end in ends)
    return math.ceil((_Z * variation / nearest) ** 2)
