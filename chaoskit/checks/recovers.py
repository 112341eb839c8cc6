"""How soon requests succeed again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chaoskit.checks import moments, rows
from chaoskit.checks.bounds import Share
from chaoskit.core.check import Samples, check
from chaoskit.core.forecast import Forecast
from chaoskit.core.history import History
from chaoskit.core.load import Load, Outcome
from chaoskit.core.selector import Selector
from chaoskit.core.units import Duration, duration, fraction, show_duration, show_share
from chaoskit.core.verdict import Verdict, too_few
from chaoskit.core.window import Window


@check
def recovers(
    history: History,
    load: Load,
    *,
    within: Window,
    clients: Selector | None = None,
    at_least: Share = 0.99,
    holding: Duration = "1s",
) -> Verdict:
    """The time from the window's start to the first success that lasts, held to the window's length.

    That is the first moment after which the next second (`holding`) meets the criterion; the moment is
    the window's start, or the intended start of a successful request. Requests count by intended start,
    so one that waits out a timeout counts as failed from when it should have been sent. It takes 100
    requests in that second (fewer for an `at_least` below 99 %).

    Args:
        history: the run.
        load: whose requests.
        within: from when time counts, and how long it may take: `window(after=begin(outage), lasting=bound(...))`.
        clients: requests of these client hosts only.
        at_least: the share of requests that must succeed in the time that follows.
        holding: how long that time is; longer where few requests come.
    """
    criterion, needed = fraction(at_least), moments.needed_to_hold(fraction(at_least))
    chosen = rows.select(history, load, clients=clients)
    times = history.requests.intended[chosen]
    good = rows.with_outcome(history.requests, [Outcome.OK])[chosen]
    span, deadline = duration(holding), moments.deadline(history, within)
    samples = moments.density(times, deadline, span)
    if samples < needed:
        return too_few(samples, needed, f"requests in {show_duration(span)}", remedy=moments.MORE)
    moment = moments.first_good(
        times,
        good,
        after=deadline.start,
        last=deadline.observed - span,
        holding=span,
        at_least=criterion,
        fewest=needed // 2,
        one_in=history.meta.one_success_in,
    )
    what = f"at least {show_share(criterion)} of requests succeed for {show_duration(span)}"
    return moments.time_to(deadline, moment, what, told_after=span, samples=samples, needed=needed)


recovers.weighs_rows()


@recovers.accepts
def _(given: Mapping[str, Any]) -> None:
    moments.sensible(given)


@recovers.samples
def _(
    forecast: Forecast,
    load: Load,
    *,
    within: Window,
    clients: Selector | None = None,
    at_least: Share = 0.99,
    holding: Duration = "1s",
) -> Samples:
    return moments.forecast_samples(forecast, load, within, clients, fraction(at_least), duration(holding))
