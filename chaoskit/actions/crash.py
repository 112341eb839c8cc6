"""`crash`: the daemon dies, the network stays."""

from __future__ import annotations

from collections.abc import Iterable

from chaoskit.core.action import Planning, action
from chaoskit.core.selector import Selector
from chaoskit.core.step import Step
from chaoskit.steps.signal import Signal


@action(longest="10m")
def crash(plan: Planning, hosts: Selector) -> Iterable[Step]:
    """Kill the daemon of each host with SIGKILL; the host's network and addresses stay.

    Callers see resets: established connections on their next packet, new ones at once. A restart policy
    applies as to any crash, so such a host may serve again long before the action ends; without one it
    stays dead until then. Undoing makes sure that the daemon runs.

    Args:
        plan: the lab.
        hosts: whose daemons.
    """
    return [Signal(host.name, "KILL") for host in plan.hosts(hosts)]
