"""What a run ran on: recorded with it, so that a verdict can be repeated or explained."""

from __future__ import annotations

import os
import platform
import sys

import chaoskit
from chaoskit.core.step import Json
from chaoskit.kernel.identity import user_outside


def environment() -> dict[str, Json]:
    """Versions of chaoskit, Python and the kernel, cores, and whether root. No variables of the environment."""
    return {
        "chaoskit": chaoskit.__version__,
        "python": platform.python_version(),
        "kernel": platform.release(),
        "machine": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "root": user_outside() == 0,
        "executable": sys.implementation.name,
    }
