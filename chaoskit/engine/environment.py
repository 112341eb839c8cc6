"""What a run ran on: recorded with it, so that a verdict can be repeated or explained."""

from __future__ import annotations

import os
import platform
import sys

import chaoskit
from chaoskit.core.step import Json
from chaoskit.kernel.identity import user_outside
from chaoskit.loads.transport import transport


def environment() -> dict[str, Json]:
    """Versions of chaoskit, Python and the kernel, cores, whether root, and how the load engine reaches the kernel.

    No variables of the environment.

    Raises:
        UsageError: the load engine's transport was chosen, and there is none of that name.
        LabError: it was chosen, and the kernel refuses it.
    """
    return {
        "chaoskit": chaoskit.__version__,
        "python": platform.python_version(),
        "kernel": platform.release(),
        "machine": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "root": user_outside() == 0,
        "executable": sys.implementation.name,
        "load transport": transport().name,
    }
