"""How long requests take."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chaoskit.checks import bounds, rows
from chaoskit.checks.bounds import Share
from chaoskit.core.check import Samples, check
from chaoskit.core.errors import Undefined, UsageError
from chaoskit.core.forecast import Forecast
from chaoskit.core.history import History
from chaoskit.core.load import Load, Outcome
from chaoskit.core.selector import Selector
from chaoskit.core.units import NS, Duration, duration, fraction, show_duration
from chaoskit.core.verdict import Limit, Unit, Verdict, too_few
from chaoskit.core.window import Window

_US = 1_000_000


@check
def latency(
    history: History,
    load: Load,
    *,
    quantile: Share,
    at_most: Duration,
    of: Collection[Outcome] = (Outcome.OK,),
    clients: Selector | None = None,
    during: Window | None = None,
    outside: Window | None = None,
) -> Verdict:
    """A quantile of the time from a request's intended start to its end.

    The exact quantile: the shortest recorded time that this share of the requests did not exceed.
    It takes 20 / (1 - quantile) requests: 2,000 for the 99th percentile, 1,000 for the longest of all.
    On a closed loop it is unknown: its users ask nothing while they wait, so that its times hide an outage.

    Args:
        history: the run.
        load: whose requests.
        quantile: `0.99` or `"99%"`; 1 is the longest of all.
        at_most: the time it may be.
        of: requests that ended in one of these outcomes only; `Outcome` itself means every request,
            those that timed out included.
        clients: requests of these client hosts only.
        during: requests whose intended start lies in this window only.
        outside: without requests whose life overlaps this window.
    """
    rows.require_open_loop(history, load)
    q, held = fraction(quantile), Limit("<=", duration(at_most) / NS)
    chosen = rows.select(history, load, clients=clients, during=during, outside=outside)
    chosen &= rows.with_outcome(history.requests, of)
    if history.meta.one_success_in > 1 and (q == 1 or tuple(of) != (Outcome.OK,)):
        raise Undefined(
            f"one successful request in {history.meta.one_success_in:,} has a row: the longest time may not be "
            "recorded, and other outcomes outweigh success",
            remedy="Ask for a quantile below 1 of the successes, or run it without one_success_in=.",
        )
    took = history.requests.end[chosen]
    needed = bounds.needed_for_quantile(q)
    what = "successful requests" if tuple(of) == (Outcome.OK,) else "requests"
    if len(took) < needed:
        return too_few(len(took), needed, what)
    measured, middle = _quantile(took, q), _quantile(took, 0.5)
    shown = f"{_shown(measured)} (median {_shown(middle)}, longest {_shown(int(took.max()))})"
    reason = f"{q * 100:g} % of {len(took):,} {what} took at most {shown}"
    return bounds.judged(measured / _US, held, Unit.SECONDS, reason, samples=len(took), needed=needed)


latency.weighs_rows()


@latency.accepts
def _(given: Mapping[str, Any]) -> None:
    bounds.one_window(given)
    bounds.outcome_set(given["of"])
    duration(given["at_most"])
    if fraction(given["quantile"]) == 0:
        raise UsageError("the quantile 0 is the shortest time of all and bounds nothing")


@latency.samples
def _(
    forecast: Forecast,
    load: Load,
    *,
    quantile: Share,
    at_most: Duration,
    of: Collection[Outcome] = (Outcome.OK,),
    clients: Selector | None = None,
    during: Window | None = None,
    outside: Window | None = None,
) -> Samples:
    expected = forecast.arrivals(load, during=during, outside=outside, clients=clients)
    return Samples(expected, bounds.needed_for_quantile(fraction(quantile)))


def _quantile(values: NDArray[np.int32], q: float) -> int:
    """The nearest-rank quantile, in the values' unit."""
    index = bounds.rank(q, len(values))
    return int(np.partition(values, index)[index])


def _shown(us: int) -> str:
    return show_duration(us * 1000)
