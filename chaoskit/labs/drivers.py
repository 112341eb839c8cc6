"""Drivers: the ways to bring a lab up. Both give the same running lab."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from chaoskit.core.errors import UsageError
from chaoskit.core.host import RunningLab
from chaoskit.kernel.identity import Identity
from chaoskit.labs.change import HostChange, Timings
from chaoskit.labs.native.lab import NativeLab
from chaoskit.labs.spec import LabSpec


class DriverLab(RunningLab, Protocol):
    """A running lab with what its keeper needs beside it: its beginning, its end, and what it owns."""

    def up(self, timeout_s: float) -> Timings:
        """Create every host, start every daemon, wait until all healthchecks are healthy.

        Raises:
            LabError: a host did not come up; the message has the end of its log.
            MissingTool: a daemon is not installed; nothing was created.
        """
        ...

    def down(self) -> None:
        """Take everything down that `up` made; doing it twice changes nothing more."""
        ...

    def identities(self) -> Sequence[tuple[str, Identity]]:
        """Processes that must not outlive the lab, each with what it is."""
        ...

    def cgroups(self) -> Sequence[Path]:
        """Control groups that `up` makes; known before, so that they are in the journal before they are there."""
        ...


def make_lab(driver: str, spec: LabSpec, directory: Path, run: str, notify: Callable[[HostChange], None]) -> DriverLab:
    """A lab that is not up yet.

    Raises:
        UsageError: there is no such driver.
    """
    if driver != "native":
        raise UsageError(f"there is no driver {driver!r}", remedy="This version brings labs up with --driver native.")
    return NativeLab(spec, directory, run_id=run, notify=notify)
