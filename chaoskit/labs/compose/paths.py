"""Relative paths of a Compose file, resolved against the folder of the file they belong to."""

from __future__ import annotations

import os
from pathlib import Path


def absolute(text: str, folder: Path) -> str:
    """An absolute, normalised path; `~` is the caller's home. Symbolic links stay as they are."""
    return os.path.normpath(folder / Path(text).expanduser())
