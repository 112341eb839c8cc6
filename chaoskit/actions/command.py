"""`command`: whatever a command can do and another one can undo."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chaoskit.core.action import Planning, action
from chaoskit.core.errors import UsageError
from chaoskit.core.selector import Selector
from chaoskit.core.step import Step
from chaoskit.core.units import Duration, duration
from chaoskit.steps.command import Command


@action(longest="1h")
def command(
    plan: Planning,
    do: Sequence[str],
    undo: Sequence[str],
    confirm: Sequence[str],
    *,
    at: Selector | None = None,
    expect: str = "",
    timeout: Duration = "5s",
) -> Iterable[Step]:
    """Run a command, another one to see that it took effect, and a third to undo it.

    Without `at` they run on the machine chaoskit runs on, with its environment: kubectl, a cloud's command line.
    `confirm` is asked before as well: where it holds already nothing is done, and nothing will be undone. The
    undo may run twice, and after a `do` that failed half way: it must change nothing more the second time.
    A status other than 0 is an error and stops the run; when `confirm` is asked before, one other than 0 and 1 is.
    Commands are argument lists; no shell reads them.

    Args:
        plan: the lab.
        do: makes the change.
        undo: takes it back.
        confirm: exits with 0 when the change is in effect, with 1 when it is not.
        at: the hosts inside of which all three run, each with the tools of its image.
        expect: a text that the output of `confirm` must have as well.
        timeout: how long each run of a command may take.

    Raises:
        UsageError: a command is empty, or a text instead of a list.
    """
    doing, undoing, confirming = command_argv(do, "do"), command_argv(undo, "undo"), command_argv(confirm, "confirm")
    limit = duration(timeout)
    return [Command(host, doing, confirming, expect, limit, undo_argv=undoing) for host in command_hosts(plan, at)]


def command_hosts(plan: Planning, at: Selector | None) -> Iterable[str]:
    """The names of the hosts; an empty one for this machine."""
    return [""] if at is None else [host.name for host in plan.hosts(at)]


def command_argv(words: Sequence[str], what: str) -> tuple[str, ...]:
    """A user's command as words.

    Raises:
        UsageError: it is empty, or a text instead of a list.
    """
    if isinstance(words, str) or not words or not all(isinstance(word, str) for word in words):
        raise UsageError(
            f"{what}={words!r} is no command", remedy='Write a list of words: ["ip", "link", "set", "wg0", "down"].'
        )
    return tuple(words)
