"""Whether work that is turned away is turned away at once, and in so many words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from chaoskit.checks import bounds, rows
from chaoskit.checks.bounds import Share
from chaoskit.core.check import Samples, check
from chaoskit.core.errors import UsageError
from chaoskit.core.forecast import Forecast
from chaoskit.core.history import History
from chaoskit.core.load import Load, Outcome
from chaoskit.core.units import NS, Duration, Rate, duration, fraction, rate, show_duration
from chaoskit.core.verdict import FAIL, Limit, Unit, Verdict, too_few
from chaoskit.core.window import Window

_US = 1_000_000


@check
def rejections(
    history: History,
    *loads: Load,
    at_most: Duration,
    quantile: Share = 0.99,
    during: Window | None = None,
    outside: Window | None = None,
    capacity: Rate = 0,
) -> Verdict:
    """Every request that does not succeed is answered 503, and so soon.

    A caller that is told at once can do something else; one that times out has waited for nothing, and so has
    whoever calls it. One failure of any other kind (a timeout, a reset, a refused connection) fails the check.
    The time is the exact quantile of those answered 503, from their intended start to the end of the answer; it
    takes 20 / (1 - quantile) of them: 2,000 for the 99th percentile. On a closed loop the time is unknown: its
    users ask nothing while they wait.

    Args:
        history: the run.
        loads: whose requests.
        at_most: the time that the quantile of the rejections may take.
        quantile: `0.99` or `"99%"`; 1 is the longest of all.
        during: requests whose intended start lies in this window only.
        outside: without requests whose life overlaps this window.
        capacity: how many a second are not rejected; a plan uses it to say how many rejections to expect.
    """
    q, held = fraction(quantile), Limit("<=", duration(at_most) / NS)
    chosen = np.zeros(len(history.requests), np.bool_)
    for each in loads:
        chosen |= rows.select(history, each, during=during, outside=outside)
    rejected = chosen & rows.with_outcome(history.requests, [Outcome.UNAVAILABLE])
    failed = chosen & ~rejected & ~rows.with_outcome(history.requests, [Outcome.OK])
    took = np.sort(history.requests.end[rejected])
    total, needed = len(took), bounds.needed_for_quantile(q)
    if failed.any():
        others = _classes(history, failed)
        reason = f"{int(failed.sum()):,} of {int(failed.sum()) + total:,} that did not succeed were not told: {others}"
        measured = took[bounds.rank(q, total)] / _US if total else None
        return Verdict(FAIL, reason, measured, held, Unit.SECONDS, total, needed)
    rows.require_open_loop(history, *loads)
    if total < needed:
        return too_few(total, needed, "rejections")
    middle, longest = (show_duration(int(us) * 1000) for us in (took[bounds.rank(0.5, total)], took[-1]))
    measured = took[bounds.rank(q, total)] / _US
    reason = f"{q * 100:g} % of {total:,} rejections took at most {show_duration(round(measured * NS))}"
    reason += f" (median {middle}, longest {longest}); there were no other failures"
    return bounds.judged(measured, held, Unit.SECONDS, reason, samples=total, needed=needed)


@rejections.accepts
def _(given: Mapping[str, Any]) -> None:
    bounds.one_window(given)
    duration(given["at_most"])
    rate(given["capacity"])
    if not given["loads"]:
        raise UsageError("rejections of no load are none", remedy="Name the loads whose requests count.")
    if fraction(given["quantile"]) == 0:
        raise UsageError("the quantile 0 is the shortest time of all and bounds nothing")


@rejections.samples
def _(
    forecast: Forecast,
    *loads: Load,
    at_most: Duration,
    quantile: Share = 0.99,
    during: Window | None = None,
    outside: Window | None = None,
    capacity: Rate = 0,
) -> Samples:
    arrivals = sum(forecast.arrivals(each, during=during, outside=outside) for each in loads)
    served = rate(capacity) * forecast.span(during).length / NS
    return Samples(max(0, round(arrivals - served)), bounds.needed_for_quantile(fraction(quantile)))


def _classes(history: History, failed: rows.Mask) -> str:
    counts = {each: int(np.count_nonzero(failed & rows.with_outcome(history.requests, [each]))) for each in Outcome}
    return ", ".join(f"{n:,} {each}" for each, n in sorted(counts.items(), key=lambda pair: -pair[1]) if n)
