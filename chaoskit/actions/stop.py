"""`stop`: an orderly end."""

from __future__ import annotations

from collections.abc import Iterable

from chaoskit.core.action import Planning, action
from chaoskit.core.selector import Selector
from chaoskit.core.step import Step
from chaoskit.steps.stop import Stop


@action(longest="10m")
def stop(plan: Planning, hosts: Selector) -> Iterable[Step]:
    """Stop each host as a deployment does: its stop signal, then SIGKILL after its grace period.

    A daemon that drains on its stop signal gets to do so. Restart policies do not apply. Undoing
    starts the daemon.

    Args:
        plan: the lab.
        hosts: which.
    """
    return [Stop(host.name) for host in plan.hosts(hosts)]
