"""The folders of labs that were brought up by hand: no record of anything, and gone with their lab."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from chaoskit.engine.facts import Running
from chaoskit.engine.paths import RUN_FILE


def make_directory(name: str) -> Path:
    """A folder for a lab of that name, with one for its hosts' logs."""
    directory = Path(tempfile.mkdtemp(prefix=_prefix(name)))
    (directory / "logs").mkdir()
    return directory


def remove_directory(running: Running) -> None:
    """Remove the folder of a lab that is down; a run's directory is its record and stays."""
    if running.directory.name.startswith(_prefix(running.title)) and not (running.directory / RUN_FILE).exists():
        shutil.rmtree(running.directory, ignore_errors=True)


def _prefix(name: str) -> str:
    return f"chaoskit-{name}-"
