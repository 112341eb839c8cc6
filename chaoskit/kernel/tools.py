"""Programs of this machine that chaoskit calls, found once; a missing one names its package."""

from __future__ import annotations

import os
import shutil

from chaoskit.core.errors import MissingTool

_SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"
"""Searched as well: an ordinary user's PATH often leaves them out."""


def find_tool(program: str, package: str) -> str:
    """The program's absolute path.

    Args:
        program: its name, for example `nft`.
        package: the Debian package that holds it.

    Raises:
        MissingTool: the machine does not have it.
    """
    found = shutil.which(program) or shutil.which(program, path=f"{os.defpath}:{_SYSTEM_FOLDERS}")
    if found is None:
        raise MissingTool(f"this machine has no {program}", remedy=f"Install it: apt-get install {package}")
    return found
