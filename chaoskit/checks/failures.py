"""How many requests fail, counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chaoskit.checks import binomial, bounds, rows
from chaoskit.checks.bounds import FAILURES, Outcomes
from chaoskit.core.check import Samples, check
from chaoskit.core.errors import UsageError
from chaoskit.core.forecast import Forecast
from chaoskit.core.history import History
from chaoskit.core.load import Load, Outcome
from chaoskit.core.selector import Selector
from chaoskit.core.units import show_duration
from chaoskit.core.verdict import Limit, Unit, Verdict, too_few
from chaoskit.core.window import Window

ONE_IN_A_HUNDRED = 0.01
"""The share of failing requests that must not go unnoticed."""


@check
def failures(
    history: History,
    load: Load,
    *,
    at_most: int = 0,
    outcomes: Outcomes | None = None,
    clients: Selector | None = None,
    during: Window | None = None,
    outside: Window | None = None,
) -> Verdict:
    """How many requests fail, held to a number; by default none may.

    A number, not a share, bounds what happens so many times however much traffic there is: the requests
    a balancer gives to a dead server to see whether it lives again.

    It takes so many requests that if one in a hundred failed, more than `at_most` would, but for
    1 run in 10,000: 917 where none may, 1,950 where five may.

    Args:
        history: the run.
        load: whose requests.
        at_most: how many may fail.
        outcomes: what counts as failing; by default everything but success.
        clients: requests of these client hosts only.
        during: requests whose intended start lies in this window only.
        outside: without requests whose life overlaps this window.
    """
    chosen = rows.select(history, load, clients=clients, during=during, outside=outside)
    total, needed = rows.arrivals(history, chosen), _needed(at_most)
    if total < needed:
        return too_few(total, needed, "requests", remedy="Raise the rate, or lengthen the window.")
    counted = chosen & rows.with_outcome(history.requests, _failing(outcomes))
    failed, count = history.requests.take(counted), rows.arrivals(history, counted)
    reason = f"{count:,} of {total:,} requests failed"
    if count:
        first, last = (show_duration(int(moment)) for moment in (failed.intended.min(), failed.intended.max()))
        reason += f", the first at {first}, the last at {last}: {bounds.by_class(failed.outcome)}"
    return bounds.judged(count, Limit("<=", at_most), Unit.COUNT, reason, samples=total, needed=needed)


failures.weighs_rows()


@failures.accepts
def _(given: Mapping[str, Any]) -> None:
    bounds.one_window(given)
    _failing(given["outcomes"])
    if given["at_most"] < 0:
        raise UsageError(f"at_most={given['at_most']} cannot be kept: a count is never negative")


@failures.samples
def _(
    forecast: Forecast,
    load: Load,
    *,
    at_most: int = 0,
    outcomes: Outcomes | None = None,
    clients: Selector | None = None,
    during: Window | None = None,
    outside: Window | None = None,
) -> Samples:
    return Samples(forecast.arrivals(load, during=during, outside=outside, clients=clients), _needed(at_most))


def _failing(outcomes: Outcomes | None) -> frozenset[Outcome]:
    return FAILURES if outcomes is None else bounds.outcome_set(outcomes)


def _needed(at_most: int) -> int:
    return binomial.to_exceed(at_most, ONE_IN_A_HUNDRED)
