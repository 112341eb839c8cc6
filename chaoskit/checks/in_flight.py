"""What became of requests that were under way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chaoskit.checks import bounds, rows
from chaoskit.checks.bounds import Outcomes, Share
from chaoskit.core.check import Samples, check
from chaoskit.core.forecast import Forecast
from chaoskit.core.history import History
from chaoskit.core.load import Load
from chaoskit.core.selector import Selector
from chaoskit.core.verdict import Unit, Verdict, too_few
from chaoskit.core.window import Window


@check
def in_flight(
    history: History,
    load: Load,
    outcomes: Outcomes,
    *,
    at: Window,
    at_least: Share | None = None,
    at_most: Share | None = None,
    clients: Selector | None = None,
) -> Verdict:
    """The share of requests under way when a window starts that end in one of some outcome classes.

    Under way is what had been handed to the kernel before and had not ended yet: what an outage cuts off in the
    middle, unlike requests that only set out during it. It takes as many as any share: ten on the bound's rarer side.

    Args:
        history: the run.
        load: whose requests; their answers must last long enough for some to be under way.
        outcomes: one outcome class or several, whose counts are added up.
        at: the window at whose start is looked: `window(after=begin(outage), ...)`.
        at_least: the share it must reach; one of the two bounds is given.
        at_most: the share it may reach.
        clients: requests of these client hosts only.
    """
    held, wanted = bounds.limit(at_least, at_most), bounds.outcome_set(outcomes)
    requests, moment = history.requests, history.span(at).start
    sent = (requests.sent >= 0) & (rows.tried_at(requests) <= moment)
    chosen = rows.select(history, load, clients=clients) & sent & (requests.ended > moment)
    total, needed = int(chosen.sum()), bounds.needed_for_share(held)
    if total < needed:
        return too_few(total, needed, "requests under way", remedy="Raise the rate, or have answers take longer.")
    ended = history.requests.take(chosen)
    count = int(rows.with_outcome(ended, wanted).sum())
    reason = f"{count:,} of {total:,} requests under way ended in {' or '.join(sorted(wanted))}"
    others = bounds.by_class(ended.outcome[~rows.with_outcome(ended, wanted)])
    reason += f"; the others: {others}" if count < total and others else ""
    return bounds.judged(count / total, held, Unit.SHARE, reason, samples=total, needed=needed)


@in_flight.accepts
def _(given: Mapping[str, Any]) -> None:
    bounds.limit(given["at_least"], given["at_most"])
    bounds.outcome_set(given["outcomes"])


@in_flight.samples
def _(
    forecast: Forecast,
    load: Load,
    outcomes: Outcomes,
    *,
    at: Window,
    at_least: Share | None = None,
    at_most: Share | None = None,
    clients: Selector | None = None,
) -> Samples | None:
    # How many are under way depends on how long answers take, which no plan says.
    return None
