"""How many requests end in given ways."""

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
def outcome_share(
    history: History,
    load: Load,
    outcomes: Outcomes,
    *,
    at_least: Share | None = None,
    at_most: Share | None = None,
    between: tuple[Share, Share] | None = None,
    clients: Selector | None = None,
    during: Window | None = None,
    outside: Window | None = None,
) -> Verdict:
    """The share of requests that end in one of some outcome classes, of all that arrived.

    It says what a failure looks like: that a third of the requests are refused, that none times out.
    It takes ten samples on the bound's rarer side: 20 for a half, 1,000 for 1 %, 1,000 for none at all.

    Args:
        history: the run.
        load: whose requests.
        outcomes: one outcome class or several, whose counts are added up.
        at_least: the share it must reach; one of the three bounds is given.
        at_most: the share it may reach.
        between: lower and upper end of the shares that are right.
        clients: requests of these client hosts only.
        during: requests whose intended start lies in this window only.
        outside: without requests whose life overlaps this window.
    """
    held, wanted = bounds.limit(at_least, at_most, between), bounds.outcome_set(outcomes)
    chosen = rows.select(history, load, clients=clients, during=during, outside=outside)
    total = rows.arrivals(history, chosen)
    needed = bounds.needed_for_share(held)
    if total < needed:
        return too_few(total, needed, "requests")
    count = rows.arrivals(history, chosen & rows.with_outcome(history.requests, wanted))
    reason = f"{count:,} of {total:,} requests ended in {' or '.join(sorted(wanted))}"
    return bounds.judged(count / total, held, Unit.SHARE, reason, samples=total, needed=needed)


outcome_share.weighs_rows()


@outcome_share.accepts
def _(given: Mapping[str, Any]) -> None:
    bounds.limit(given["at_least"], given["at_most"], given["between"])
    bounds.outcome_set(given["outcomes"])
    bounds.one_window(given)


@outcome_share.samples
def _(
    forecast: Forecast,
    load: Load,
    outcomes: Outcomes,
    *,
    at_least: Share | None = None,
    at_most: Share | None = None,
    between: tuple[Share, Share] | None = None,
    clients: Selector | None = None,
    during: Window | None = None,
    outside: Window | None = None,
) -> Samples:
    expected = forecast.arrivals(load, during=during, outside=outside, clients=clients)
    return Samples(expected, bounds.needed_for_share(bounds.limit(at_least, at_most, between)))
