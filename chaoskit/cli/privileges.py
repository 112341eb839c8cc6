"""Native labs need root, or a user namespace in which this process is root."""

from __future__ import annotations

import argparse
import sys

from chaoskit.labs.native import rootless


def ensure(args: argparse.Namespace) -> None:
    """Return where the command may make the lab it asks for; else start it again in a user namespace.

    Raises:
        LabError: this machine forbids user namespaces to users.
        MissingTool: it lacks what makes them.
    """
    if args.driver == "native":
        sys.stdout.flush()
        rootless.ensure_privileges([sys.executable, "-m", "chaoskit", *args.command_line])
