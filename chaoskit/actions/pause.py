"""`pause`: a host that hangs."""

from __future__ import annotations

from collections.abc import Iterable

from chaoskit.core.action import Planning, action
from chaoskit.core.selector import Selector
from chaoskit.core.step import Step
from chaoskit.steps.pause import Pause


@action(longest="5m")
def pause(plan: Planning, hosts: Selector) -> Iterable[Step]:
    """Freeze every process of each host, as a long collection of garbage or a stalled hypervisor does.

    The kernel goes on: it acknowledges data, and accepts connections until the listen queue is full, so
    callers wait rather than fail. Undoing thaws the processes where they were.

    Args:
        plan: the lab.
        hosts: which.
    """
    return [Pause(host.name) for host in plan.hosts(hosts)]
