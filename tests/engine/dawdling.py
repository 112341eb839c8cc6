"""A one-shot action that takes its time, for tests of what ends it."""

from __future__ import annotations

import time
from collections.abc import Iterable

from chaoskit.core.action import Planning, action
from chaoskit.core.selector import Selector
from chaoskit.core.step import Evidence, Step
from chaoskit.core.units import NS
from chaoskit.steps.call import Call
from chaoskit.steps.function import reference


def dawdle(arguments: object, before: object) -> None:
    """Take half a minute."""
    time.sleep(30)


def unseen(lab: object, arguments: object, before: object) -> Evidence:
    """Nothing to see."""
    return Evidence(False, "nothing")


@action(longest="1m", one_shot=True)
def dawdles(plan: Planning, hosts: Selector) -> Iterable[Step]:
    """Do nothing in a host's network, for half a minute."""
    return [Call(host.name, reference(dawdle), {}, reference(unseen), timeout=40 * NS) for host in plan.hosts(hosts)]
