"""What cannot be done to a system that chaoskit did not start: whatever needs one of its hosts."""

from __future__ import annotations

from collections.abc import Iterable

from chaoskit.core.action import Action
from chaoskit.core.errors import UsageError
from chaoskit.core.probe import Probe
from chaoskit.core.selector import Selector
from chaoskit.core.step import THIS_MACHINE

_COMMANDS = "Change it by commands of yours: command(do, undo, confirm), which run on this machine."


def refuse_selectors(action: Action, lab: str) -> None:
    """See that an action asks for no host before it is planned: the one host to be found would be this machine.

    Raises:
        UsageError: it does.
    """
    for name, value in action.arguments.items():
        if isinstance(value, Selector):
            raise _no_hosts(action, f"{name}={value}", lab)


def refuse_hosts(action: Action, targets: Iterable[str], lab: str) -> None:
    """See that the steps of an action are about this machine alone.

    Raises:
        UsageError: one is about a host, a link or a network.
    """
    for target in targets:
        if target != THIS_MACHINE:
            raise _no_hosts(action, target, lab)


def refuse_reading(probe: Probe, lab: str) -> None:
    """See that a probe is read from this machine.

    Raises:
        UsageError: it is to be read at hosts.
    """
    if not probe.outside:
        raise UsageError(
            f"{probe.where}: {probe.kind} is to be read at {probe.hosts}, and {lab} is a system elsewhere: "
            "it has no hosts to enter",
            remedy='Read it from this machine: .from_here(every="1s").',
        )


def _no_hosts(action: Action, wanted: str, lab: str) -> UsageError:
    return UsageError(
        f"{action.where}: {action.kind} needs a host ({wanted}), and {lab} is a system elsewhere: "
        "it has no hosts to enter",
        remedy=_COMMANDS,
    )
