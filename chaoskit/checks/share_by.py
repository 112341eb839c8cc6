"""How traffic spreads over regions or instances."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal

import numpy as np

from chaoskit.checks import binomial, bounds, rows
from chaoskit.checks.bounds import Share
from chaoskit.core import selector as selectors
from chaoskit.core.check import Samples, check
from chaoskit.core.errors import UsageError
from chaoskit.core.forecast import Forecast
from chaoskit.core.history import History
from chaoskit.core.load import Connections, Load
from chaoskit.core.selector import Selector
from chaoskit.core.units import fraction
from chaoskit.core.verdict import Limit, Unit, Verdict, too_few
from chaoskit.core.window import Window

By = Literal["region", "instance"]


class Draw(StrEnum):
    """What counts as one independent draw: requests that share an answer or a connection are no new ones."""

    ANSWER = "fresh DNS answers"
    CONNECTION = "new connections"
    REQUEST = "requests"


@check
def share_by(
    history: History,
    load: Load,
    *,
    by: By,
    of: str | Selector,
    at_least: Share | None = None,
    at_most: Share | None = None,
    between: tuple[Share, Share] | None = None,
    expected: Share | None = None,
    counting: Draw | None = None,
    clients: Selector | None = None,
    during: Window | None = None,
    outside: Window | None = None,
) -> Verdict:
    """The share of independent draws that fall on one region or instance.

    By region a draw is a fresh DNS answer, and it falls where the address connected to is; by instance
    it is a new connection, and it falls on the instance the answer's header names (where no answer of
    the load has that header, on the host connected to). Draws that fell on no known host are left out.

    The number of draws needed is such that a healthy run, whose true share is `expected`, leaves the
    bound with a probability of at most 1 in 10,000. Without `expected` that is the middle of `between`;
    with `at_least` or `at_most` alone it takes ten draws on the bound's rarer side.

    Args:
        history: the run.
        load: whose requests.
        by: `region` or `instance`.
        of: the region's or instance's name, or a selector of hosts.
        at_least: the share it must reach; one of the three bounds is given.
        at_most: the share it may reach.
        between: lower and upper end of the shares that are right.
        expected: the share of a healthy system, inside the bound.
        counting: another kind of draw, for a balancer that decides anew for each request.
        clients: requests of these client hosts only.
        during: requests whose intended start lies in this window only.
        outside: without requests whose life overlaps this window.
    """
    held, draw = bounds.limit(at_least, at_most, between), _draw(by, counting)
    chosen = rows.select(history, load, clients=clients, during=during, outside=outside)
    chosen &= _drawn(history, draw)
    known, falls = _fallen(history, chosen, by, frozenset(h.name for h in rows.hosts(history, _selector(by, of))))
    total, count = int(known.sum()), int(falls.sum())
    needed = _needed(held, expected)
    if total < needed:
        return too_few(total, needed, draw.value, remedy=_REMEDY[draw])
    left_out = int(chosen.sum()) - total
    reason = f"{count:,} of {total:,} {draw} fell on {of}"
    reason += f" ({left_out:,} fell on no known host)" if left_out else ""
    return bounds.judged(count / total, held, Unit.SHARE, reason, samples=total, needed=needed)


@share_by.accepts
def _(given: Mapping[str, Any]) -> None:
    if given["by"] not in ("region", "instance"):
        raise UsageError(f"by={given['by']!r}: a share is by 'region' or by 'instance'")
    bounds.one_window(given)
    _needed(bounds.limit(given["at_least"], given["at_most"], given["between"]), given["expected"])


@share_by.samples
def _(
    forecast: Forecast,
    load: Load,
    *,
    by: By,
    of: str | Selector,
    at_least: Share | None = None,
    at_most: Share | None = None,
    between: tuple[Share, Share] | None = None,
    expected: Share | None = None,
    counting: Draw | None = None,
    clients: Selector | None = None,
    during: Window | None = None,
    outside: Window | None = None,
) -> Samples | None:
    draw, actual = _draw(by, counting), forecast.loads(load)
    every_request = draw is Draw.REQUEST or (
        actual.naming.fresh and actual.connections is Connections.NEW
        if draw is Draw.ANSWER
        else actual.connections is Connections.NEW
    )
    if not every_request:
        return (
            None  # how many answers or connections a load needs depends on TTLs and idle times the plan does not know
        )
    arrivals = forecast.arrivals(load, during=during, outside=outside, clients=clients)
    return Samples(arrivals, _needed(bounds.limit(at_least, at_most, between), expected))


_REMEDY = {
    Draw.ANSWER: "Use dns_cache=DnsCache.NONE with connections=Connections.NEW, more clients, a longer window.",
    Draw.CONNECTION: "Use connections=Connections.NEW or a connection_life, a higher rate, a longer window.",
    Draw.REQUEST: "",
}


def _draw(by: By, counting: Draw | None) -> Draw:
    return counting or (Draw.ANSWER if by == "region" else Draw.CONNECTION)


def _selector(by: By, of: str | Selector) -> Selector:
    if isinstance(of, Selector):
        return of
    return selectors.region(of) if by == "region" else selectors.name(of)


def _needed(held: Limit, expected: Share | None) -> int:
    """Draws after which a healthy run leaves the bound with a probability of at most 1 in 10,000.

    Raises:
        UsageError: the expected share lies outside the bound, or on its edge.
    """
    if expected is None and held.upper is None:
        return bounds.needed_for_share(held)
    low = held.value if held.sense != "<=" else 0.0
    high = held.upper if held.upper is not None else (1.0 if held.sense == ">=" else held.value)
    truth = (low + high) / 2 if expected is None else fraction(expected)
    try:
        return binomial.needed(truth, low, high)
    except ValueError as error:
        raise UsageError(f"expected={expected}: {error}") from None


def _drawn(history: History, draw: Draw) -> rows.Mask:
    requests = history.requests
    if draw is Draw.REQUEST:
        return np.ones(len(requests), np.bool_)
    return np.asarray((requests.dns if draw is Draw.ANSWER else requests.connect) >= 0)


def _fallen(history: History, chosen: rows.Mask, by: By, targets: frozenset[str]) -> tuple[rows.Mask, rows.Mask]:
    """Of the chosen draws, those that fell on a known host, and those that fell on a target."""
    connected = rows.of_servers(history, frozenset(history.topology.by_name))
    answered = rows.of_instances(history, frozenset(history.topology.by_name))
    if by == "instance" and (answered & chosen).any():
        return chosen & answered, chosen & rows.of_instances(history, targets)
    return chosen & connected, chosen & rows.of_servers(history, targets)
