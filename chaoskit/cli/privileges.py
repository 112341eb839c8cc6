"""Native labs need root, or a user namespace in which this process is root."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from chaoskit.core.errors import UsageError
from chaoskit.labs.native import rootless

if TYPE_CHECKING:
    from chaoskit.engine.found import Found


def ensure(args: argparse.Namespace, wanted: Sequence[Found] = ()) -> None:
    """Return where the command may make the lab it asks for; else start it again in a user namespace.

    Such a namespace has a network of its own without a way out, so that what is wanted of systems elsewhere alone
    stays outside of it.

    Raises:
        UsageError: an ordinary user wants labs and systems elsewhere at once.
        LabError: this machine forbids user namespaces to users.
        MissingTool: it lacks what makes them.
    """
    elsewhere = [found.id for found in wanted if found.experiment.lab.is_external]
    attached = getattr(args, "attach", None) is not None  # a lab by hand cannot be
    if args.driver != "native" or attached or (elsewhere and len(elsewhere) == len(wanted)):
        return
    if elsewhere and os.geteuid() != 0:
        raise UsageError(
            f"without root, labs are made in a network without a way out, which {', '.join(elsewhere)} needs",
            remedy="Run them apart.",
        )
    sys.stdout.flush()
    rootless.ensure_privileges([sys.executable, "-m", "chaoskit", *args.command_line])
