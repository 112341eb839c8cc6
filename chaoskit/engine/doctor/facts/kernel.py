"""The kernel's version: some facilities came with one."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator

from chaoskit.engine.doctor.fact import MISSING, OK, Fact

OLDEST = (5, 10)
"""Debian 11's. Overlay in a user namespace came with 5.11, io_uring as the load engine uses it with 6.1."""


def facts() -> Iterator[Fact]:
    """Linux, and which one."""
    system, release = platform.system(), platform.release()
    new_enough = system == "Linux" and version(release) >= OLDEST
    yield Fact(
        "kernel",
        "machine",
        OK if new_enough else MISSING,
        f"{system} {release}",
        "" if new_enough else f"labs need Linux {OLDEST[0]}.{OLDEST[1]} or newer",
        needed=True,
    )


def version(release: str) -> tuple[int, int]:
    """Major and minor of `6.18.44-cloud`; (0, 0) where it has none."""
    match = re.match(r"(\d+)\.(\d+)", release)
    return (int(match[1]), int(match[2])) if match else (0, 0)
