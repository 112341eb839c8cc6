"""Whether some hosts are left alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from chaoskit.checks import rows
from chaoskit.checks.bounds import judged
from chaoskit.core.check import Samples, check
from chaoskit.core.errors import UsageError
from chaoskit.core.forecast import Forecast
from chaoskit.core.history import History
from chaoskit.core.load import Load
from chaoskit.core.selector import Selector
from chaoskit.core.units import show_duration
from chaoskit.core.verdict import Limit, Unit, Verdict, too_few
from chaoskit.core.window import Window

NEEDED = 100
"""Requests that must have gone anywhere in the window: at a tenth of the traffic 10 of them would go to the hosts."""


@check
def no_traffic(
    history: History,
    load: Load,
    *,
    to: Selector,
    during: Window,
    at_most: int = 0,
    clients: Selector | None = None,
) -> Verdict:
    """How many requests set out for some hosts in a window; by default none may.

    A request counts when it connected, or tried to, to an address of these hosts, or when its answer's
    instance header names one of them. It counts at the moment it was sent, so the window is best given
    a delay for what takes time by design: `window(after=begin(outage), delay="4s", before=end(outage))`.
    It takes 100 requests to anywhere in the window.

    Args:
        history: the run.
        load: whose requests.
        to: the hosts that must be left alone.
        during: when they must be left alone.
        at_most: how many requests are forgiven.
        clients: requests of these client hosts only.
    """
    requests, span = history.requests, history.span(during)
    tried = rows.tried_at(requests)
    inside = rows.select(history, load, clients=clients) & (tried >= span.start) & (tried < span.end)
    total = int(inside.sum())
    if total < NEEDED:
        return too_few(total, NEEDED, "requests set out in the window")
    strays = inside & rows.reaching(history, frozenset(host.name for host in rows.hosts(history, to)))
    count = int(strays.sum())
    reason = f"{count:,} of {total:,} requests set out for {to}"
    if count:
        last = int(tried[strays].max()) - span.start
        reason += f", the last {show_duration(last)} after the window's start ({_where(history, strays)})"
    return judged(count, Limit("<=", at_most), Unit.COUNT, reason, samples=total, needed=NEEDED)


@no_traffic.accepts
def _(given: Mapping[str, Any]) -> None:
    if given["at_most"] < 0:
        raise UsageError(f"at_most={given['at_most']} cannot be kept: a count is never negative")


@no_traffic.samples
def _(
    forecast: Forecast,
    load: Load,
    *,
    to: Selector,
    during: Window,
    at_most: int = 0,
    clients: Selector | None = None,
) -> Samples:
    return Samples(forecast.arrivals(load, during=during, clients=clients), NEEDED)


def _where(history: History, strays: rows.Mask) -> str:
    """The addresses most of them went to."""
    column = history.requests.server
    counts = np.bincount(column.codes[strays], minlength=len(column.labels))
    most = sorted(zip(counts.tolist(), column.labels, strict=True), reverse=True)[:3]
    return ", ".join(f"{n:,} to {label or 'no address'}" for n, label in most if n)
