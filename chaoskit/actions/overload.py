"""`overload`: more load, from its begin to its end."""

from __future__ import annotations

from collections.abc import Iterable

from chaoskit.core.action import Planning, action
from chaoskit.core.load import Load
from chaoskit.core.step import Step


@action(longest="10m")
def overload(plan: Planning, surge: Load) -> Iterable[Step]:
    """Add a load while the action is in force; its arrival process starts anew at the action's begin.

    Nothing of the lab is changed, so there is no step: the load generator starts the arrivals at the planned
    moment, and requests under way at the end run on to their own ends. Confirmed by requests that were sent.

    Args:
        plan: the lab.
        surge: the load, which is not listed among the experiment's own; checks may refer to it.
    """
    return ()
