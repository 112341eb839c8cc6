"""`command_once`: a command that nothing undoes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chaoskit.actions.command import command_argv, command_hosts
from chaoskit.core.action import Planning, action
from chaoskit.core.selector import Selector
from chaoskit.core.step import Step
from chaoskit.core.units import Duration, duration
from chaoskit.steps.command import CommandOnce


@action(longest="1h", one_shot=True)
def command_once(
    plan: Planning,
    do: Sequence[str],
    confirm: Sequence[str],
    *,
    at: Selector | None = None,
    expect: str = "",
    timeout: Duration = "5s",
) -> Iterable[Step]:
    """Run a command that nothing undoes, and another one to see that it took effect.

    Args:
        plan: the lab.
        do: makes the change.
        confirm: exits with 0 when the change is in effect.
        at: the hosts inside of which both run; without, the machine chaoskit runs on.
        expect: a text that the output of `confirm` must have as well.
        timeout: how long each run of a command may take.

    Raises:
        UsageError: a command is empty, or a text instead of a list.
    """
    doing, confirming = command_argv(do, "do"), command_argv(confirm, "confirm")
    return [CommandOnce(host, doing, confirming, expect, duration(timeout)) for host in command_hosts(plan, at)]
