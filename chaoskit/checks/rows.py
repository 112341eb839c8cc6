"""Which requests a check counts: masks over the columns of a history, never a loop over rows.

intended         ended
   |---------------|               a request's life
        [   window   )             touched by it, but it did not start inside
[   window  )                      it started inside, and touches it
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chaoskit.core import selector as resolve
from chaoskit.core.errors import Undefined
from chaoskit.core.history import History, Requests, Text
from chaoskit.core.late import recorded
from chaoskit.core.load import OUTCOMES, Load, Outcome
from chaoskit.core.selector import Selector
from chaoskit.core.topology import HostInfo
from chaoskit.core.window import Span, Window

Mask = NDArray[np.bool_]


def select(
    history: History,
    load: Load,
    *,
    clients: Selector | None = None,
    during: Window | None = None,
    outside: Window | None = None,
) -> Mask:
    """The requests of a load that started inside `during`, did not touch `outside`, and came from these clients.

    Raises:
        Undefined: an event that bounds a window never came.
        UsageError: `clients` matches no host.
    """
    requests = history.requests
    chosen: Mask = requests.load.equals(history.names.of(load))
    if clients is not None:
        chosen &= requests.client.equals(*(host.name for host in hosts(history, clients)))
    if during is not None:
        chosen &= started(requests, history.span(during))
    if outside is not None:
        chosen &= ~touching(requests, history.span(outside))
    return chosen


def started(requests: Requests, span: Span) -> Mask:
    """Requests whose intended start lies in the span."""
    mask: Mask = (requests.intended >= span.start) & (requests.intended < span.end)
    return mask


def touching(requests: Requests, span: Span) -> Mask:
    """Requests whose life, from intended start to end, overlaps the span; an empty span touches none."""
    if span.length == 0:
        return np.zeros(len(requests), np.bool_)
    mask: Mask = (requests.intended < span.end) & (requests.ended >= span.start)
    return mask


def require_open_loop(history: History, *loads: Load) -> None:
    """See that arrivals did not wait for answers, as a check must whose measure is how long somebody waits.

    Users of a closed loop who wait ask nothing meanwhile: an outage is one slow request each, and a quantile of
    the times hides it (coordinated omission).

    Raises:
        Undefined: they did, and the check is unknown.
    """
    named = {history.names.of(load) for load in loads}
    waited = sorted({one.load for one in history.generated if one.users and one.load in named})
    if waited:
        raise Undefined(
            f"the load {', '.join(waited)} is a closed loop: whoever waits for an answer asks nothing meanwhile, so "
            "that its times do not say how long requests wait",
            remedy="Judge latency on a load of arrivals that do not wait: poisson(...), constant(...).",
        )


def with_outcome(requests: Requests, outcomes: Collection[Outcome]) -> Mask:
    """Requests that ended in one of these outcomes."""
    wanted = np.zeros(len(OUTCOMES), np.bool_)
    wanted[[OUTCOMES.index(outcome) for outcome in outcomes]] = True
    mask: Mask = wanted[requests.outcome]
    return mask


def arrivals(history: History, chosen: Mask) -> int:
    """How many requests the chosen rows stand for: a success for several, where one in so many has a row.

    A sum is off by less than that number for each load, where rows are chosen by the time of their completion.
    """
    count, one_in = int(np.count_nonzero(chosen)), history.meta.one_success_in
    if one_in == 1:
        return count
    return count + (one_in - 1) * int(np.count_nonzero(chosen & with_outcome(history.requests, [Outcome.OK])))


def hosts(history: History, selector: Selector) -> tuple[HostInfo, ...]:
    """The hosts a selector means: picks and shares drawn by the run's seed, late targets as the lab answered.

    Raises:
        UsageError: none match.
        Unanswered: it is a late target that no action has asked for.
    """
    return resolve.hosts(selector, history.topology, history.meta.seed, recorded(history.events))


def of_instances(history: History, chosen: frozenset[str]) -> Mask:
    """Requests whose answer's instance header names one of these hosts, by its name or an address of it."""
    column, topology = history.requests.instance, history.topology
    named = (topology.by_name.get(label) or topology.by_address.get(label) for label in column.labels)
    return _per_row(column, [host is not None and host.name in chosen for host in named])


def of_servers(history: History, chosen: frozenset[str]) -> Mask:
    """Requests that connected, or tried to, to an address of one of these hosts."""
    column, topology = history.requests.server, history.topology
    owners = (topology.by_address.get(label) for label in column.labels)
    return _per_row(column, [host is not None and host.name in chosen for host in owners])


def served_by(history: History, chosen: frozenset[str]) -> Mask:
    """Requests served by one of these hosts: the instance the answer named, else the address connected to."""
    named = of_instances(history, frozenset(history.topology.by_name))
    return np.where(named, of_instances(history, chosen), of_servers(history, chosen))


def reaching(history: History, chosen: frozenset[str]) -> Mask:
    """Requests that went to one of these hosts in any way: connected to its address, or answered by it."""
    return of_instances(history, chosen) | of_servers(history, chosen)


def tried_at(requests: Requests) -> NDArray[np.int64]:
    """When each request set out for its server, ns since the origin.

    That is when it was handed to the kernel; of one that never was (a refused connection), when its
    generator took it up and had its address.
    """
    moments = requests.lag.astype(np.int64)
    moments += np.maximum(requests.dns, 0)
    np.copyto(moments, requests.sent, where=requests.sent >= 0)
    moments *= 1000
    moments += requests.intended
    return moments


def _per_row(column: Text, per_label: list[bool]) -> Mask:
    """A truth of each label, spread over the rows that hold it."""
    table: NDArray[Any] = np.array([*per_label, False], np.bool_)
    mask: Mask = table[column.codes]
    return mask
