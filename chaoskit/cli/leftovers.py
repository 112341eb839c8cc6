"""What an older run left behind: told, and undone if the user says so, before anything new starts."""

from __future__ import annotations

import sys

from chaoskit.cli.output import tell, warn
from chaoskit.engine import facts
from chaoskit.engine.recover import recover


def offer_sweep() -> None:
    """Say which runs have lost all their processes; on a terminal, offer to undo what they left."""
    left = [running for running in facts.everything() if running.abandoned]
    if not left:
        return
    names = ", ".join(running.run for running in left)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        warn(f"an older run was killed and may have left something: {names}; `chaoskit sweep` undoes it")
        return
    print(f"An older run was killed and may have left something: {names}. Undo it? [Y/n] ", end="", file=sys.stderr)
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() in ("", "y", "yes"):
        for line in recover():
            tell(line)
