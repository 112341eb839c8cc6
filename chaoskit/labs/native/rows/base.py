"""Images of operating systems and of Python."""

from __future__ import annotations

import os
import sys

from chaoskit.labs.native.images import Image
from chaoskit.labs.native.plan import Preparation

_INTERPRETER = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
"""The interpreter chaoskit itself runs on, outside its virtual environment: the standard library alone."""

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
