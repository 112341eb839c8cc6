"""Images of operating systems and of Python."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

from chaoskit.labs.native.images import Image
from chaoskit.labs.native.plan import Preparation


def _interpreter() -> Path:
    """The interpreter chaoskit itself runs on, outside its virtual environment: the standard library alone.

    The system's where a service that is not root could not execute it: it may be in root's home.
    """
    own = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    is_everybody_s = all(folder.stat().st_mode & stat.S_IXOTH for folder in own.parents)
    system = Path("/usr/bin/python3")
    return own if is_everybody_s or not system.exists() else system.resolve()


_INTERPRETER = str(_interpreter())

ROWS = (
    Image(
        ("busybox", "alpine", "debian", "ubuntu", "bash", "buildpack-deps", "chaoskit/host"),
        "",
        "",
        ("sh",),
        options_go_to_program=False,
    ),
    Image(
        ("python", "chaoskit/service", "chaoskit/python"),
        "",
        "",
        ("python3",),
        options_go_to_program=False,
        environment={"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        preparation=Preparation(links={f"/usr/local/bin/{name}": _INTERPRETER for name in ("python", "python3")}),
    ),
)
