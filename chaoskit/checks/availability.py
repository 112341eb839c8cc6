"""How many requests succeed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chaoskit.checks import bounds, rows
from chaoskit.checks.bounds import Share
from chaoskit.core.check import Samples, check
from chaoskit.core.forecast import Forecast
from chaoskit.core.history import History
from chaoskit.core.load import Load, Outcome
from chaoskit.core.selector import Selector
from chaoskit.core.units import fraction
from chaoskit.core.verdict import Unit, Verdict, too_few
from chaoskit.core.window import Window


@check
def availability(
    history: History,
    load: Load,
    *,
    at_least: Share,
    clients: Selector | None = None,
    during: Window | None = None,
    outside: Window | None = None,
) -> Verdict:
    """The share of requests that succeed as the load's `ok=` says.

    Every arrival counts, whatever kept it from succeeding. It takes 10 / (1 - at_least) requests:
    10,000 for 99.9 %, and 1,000 for the claim that none fails.

    Args:
        history: the run.
        load: whose requests.
        at_least: the share that must succeed, `0.999` or `"99.9%"`.
        clients: requests of these client hosts only.
        during: requests whose intended start lies in this window only.
        outside: without requests whose life, from intended start to end, overlaps this window.
    """
    held = bounds.limit(at_least, None)
    chosen = rows.select(history, load, clients=clients, during=during, outside=outside)
    total = rows.arrivals(history, chosen)
    good = rows.arrivals(history, chosen & rows.with_outcome(history.requests, [Outcome.OK]))
    needed = bounds.needed_for_successes(held.value)
    if total < needed:
        return too_few(total, needed, "requests")
    failed = bounds.by_class(history.requests.outcome[chosen])
    reason = f"{good:,} of {total:,} requests succeeded" + (f"; {failed}" if failed else "")
    return bounds.judged(good / total, held, Unit.SHARE, reason, samples=total, needed=needed)


availability.weighs_rows()


@availability.accepts
def _(given: Mapping[str, Any]) -> None:
    bounds.limit(given["at_least"], None)
    bounds.one_window(given)


@availability.samples
def _(
    forecast: Forecast,
    load: Load,
    *,
    at_least: Share,
    clients: Selector | None = None,
    during: Window | None = None,
    outside: Window | None = None,
) -> Samples:
    expected = forecast.arrivals(load, during=during, outside=outside, clients=clients)
    return Samples(expected, bounds.needed_for_successes(fraction(at_least)))
