"""`power_off`: a host disappears with its network."""

from __future__ import annotations

from collections.abc import Iterable

from chaoskit.core.action import Planning, action
from chaoskit.core.selector import Selector
from chaoskit.core.step import Step
from chaoskit.steps.power_off import PowerOff


@action(longest="10m")
def power_off(plan: Planning, hosts: Selector) -> Iterable[Step]:
    """Destroy each host with its namespaces: no FIN, no RST, no ARP reply.

    Callers see nothing: what they sent is never acknowledged, and neighbours fail to resolve the address.
    Restart policies do not apply. Undoing starts the host with the addresses and MACs it had.

    Args:
        plan: the lab.
        hosts: which.
    """
    return [PowerOff(host.name) for host in plan.hosts(hosts)]
