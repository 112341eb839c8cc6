"""`withdraw_route`: a router no longer tells its neighbours of a way."""

from __future__ import annotations

from collections.abc import Iterable

from chaoskit.actions import bgp
from chaoskit.core.action import Planning, action
from chaoskit.core.selector import Selector
from chaoskit.core.step import Step
from chaoskit.steps.command import Command


@action(longest="1h")
def withdraw_route(plan: Planning, prefix: str, *, at: Selector) -> Iterable[Step]:
    """Have FRR's BGP withdraw a prefix that a `network` line of its running configuration advertises.

    Neighbours are told at once. It is confirmed when no neighbour has the prefix from this router. Undoing puts
    the line back, unless it was not there before.

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
            remove,
            bgp.advertised(net, no=True),
            effect=f"withdraw {net} from BGP",
            undo_argv=add,
            before=bgp.configured(net, no=True),
        )
        for host in plan.hosts(at)
    ]
