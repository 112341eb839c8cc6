"""How soon clients are served from where they belong again."""

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
def comes_home(
    history: History,
    load: Load,
    *,
    to: Selector,
    within: Window,
    clients: Selector | None = None,
    at_least: Share = 0.99,
    holding: Duration = "1s",
) -> Verdict:
    """The time from the window's start (the repair) until clients are served from home again.

    That is the first moment after which the next second's (`holding`) successful requests are served
    from `to`, held to the window's length; the moment is the window's start, or the intended start of a
    request served from home. Where a request was served is what its answer's instance header says,
    else the address it connected to. It takes 100 requests in that second, and half
    as many successful ones.

    Args:
        history: the run.
        load: whose requests.
        to: hosts at home: `region("eu")`.
        within: from when time counts, and how long it may take: `window(after=undone(outage), lasting=bound(...))`.
        clients: requests of these client hosts only.
        at_least: the share of successful requests that must be served from home in the time that follows.
        holding: how long that time is; longer where few requests come.
    """
    criterion, needed = fraction(at_least), moments.needed_to_hold(fraction(at_least))
    arrived = rows.select(history, load, clients=clients)
    chosen = arrived & rows.with_outcome(history.requests, [Outcome.OK])
    times = history.requests.intended[chosen]
    home = rows.served_by(history, frozenset(host.name for host in rows.hosts(history, to)))[chosen]
    span, deadline = duration(holding), moments.deadline(history, within)
    samples = moments.density(history.requests.intended[arrived], deadline, span)
    if samples < needed:
        return too_few(samples, needed, f"requests in {show_duration(span)}", remedy=moments.MORE)
    moment = moments.first_good(
        times,
        home,
        after=deadline.start,
        last=deadline.observed - span,
        holding=span,
        at_least=criterion,
        fewest=needed // 2,
    )
    what = f"at least {show_share(criterion)} of successful requests are served from {to} for {show_duration(span)}"
    return moments.time_to(deadline, moment, what, told_after=span, samples=samples, needed=needed)


comes_home.weighs_rows()  # it is about successes alone, of which each row stands for as many as any other


@comes_home.accepts
def _(given: Mapping[str, Any]) -> None:
    moments.sensible(given)


@comes_home.samples
def _(
    forecast: Forecast,
    load: Load,
    *,
    to: Selector,
    within: Window,
    clients: Selector | None = None,
    at_least: Share = 0.99,
    holding: Duration = "1s",
) -> Samples:
    return moments.forecast_samples(forecast, load, within, clients, fraction(at_least), duration(holding))
