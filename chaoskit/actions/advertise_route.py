"""`advertise_route`: a router tells its neighbours of one more way."""

from __future__ import annotations

from collections.abc import Iterable

from chaoskit.actions import bgp
from chaoskit.core.action import Planning, action
from chaoskit.core.selector import Selector
from chaoskit.core.step import Step
from chaoskit.steps.command import Command


@action(longest="1h")
def advertise_route(plan: Planning, prefix: str, *, at: Selector) -> Iterable[Step]:
    """Have FRR's BGP advertise a prefix, by a `network` line in its running configuration.

    The router must have a route to the prefix by itself, or BGP keeps the line to itself. It is confirmed when a
    neighbour was sent the prefix. Undoing removes the line, unless it was there before.

    Args:
        plan: the lab.
        prefix: in CIDR notation, `198.18.84.0/24`.
        at: the routers: hosts that run FRR's bgpd and have vtysh.

    Raises:
        UsageError: the prefix is none.
    """
    net = bgp.prefix(prefix)
    add, remove = bgp.network(net), bgp.no_network(net)
    return [
        Command(
            host.name,
            add,
            bgp.advertised(net),
            effect=f"advertise {net} by BGP",
            undo_argv=remove,
            before=bgp.configured(net),
        )
        for host in plan.hosts(at)
    ]
