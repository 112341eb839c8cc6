"""What an older run left behind: told, and undone if the user says so, before anything new starts."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from chaoskit.cli.output import tell, warn
from chaoskit.engine.leftovers import Leftover, leftovers
from chaoskit.engine.recover import recover


def offer_sweep() -> None:
    """Say what runs have left that lost all their processes; on a terminal, offer to undo it."""
    left = leftovers()
    if not left:
        return
    if not somebody_is_there():
        for line in described(left):
            warn(line)
        warn("`chaoskit sweep` undoes it")
    elif confirmed(left):
        for line in recover():
            tell(line)


def somebody_is_there() -> bool:
    """Whether a question would be read and answered."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirmed(left: Sequence[Leftover]) -> bool:
    """Say what is left, and whether the user wants it undone."""
    for line in described(left):
        tell(line)
    print("Undo it? [Y/n] ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline()
    return bool(answer) and answer.strip().lower() in ("", "y", "yes")  # no line at all: the terminal is gone


def described(left: Iterable[Leftover]) -> Iterable[str]:
    """A line for each thing that is left, and whose it is."""
    for one in left:
        for line in one.lines():
            yield f"{one.run} was killed and left: {line}"
