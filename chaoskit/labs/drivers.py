"""Drivers: the ways to bring a lab up. Both give the same running lab."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol, cast

from chaoskit.core.errors import UsageError
from chaoskit.core.host import RunningLab
from chaoskit.kernel.identity import Identity
from chaoskit.labs.change import HostChange, Timings
from chaoskit.labs.spec import LabSpec

NATIVE, DOCKER, ATTACHED, EXTERNAL = "native", "docker", "attached", "external"
DRIVERS = (NATIVE, DOCKER)
"""chaoskit's own. A project that is attached to was brought up by somebody else, as was what is external."""
GROUP = "chaoskit.drivers"
"""The entry-point group for drivers of others; an entry names a `Maker`, whose labs outlive their keeper."""


class DriverLab(RunningLab, Protocol):
    """A running lab with what its keeper needs beside it: its beginning, its end, and what it owns."""

    @property
    def outlives_keeper(self) -> bool:
        """Whether what `up` made stays when the process that made it ends, and has to be taken down by another."""
        ...

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

    def take_over(self) -> None:
        """Bind to what another process brought up, half up if need be: what can be had of it is in `hosts`.

        `down` takes it down afterwards.

        Raises:
            LabGone: nothing of it is there any more, or such a lab ends with its keeper: nothing is to be undone.
            LabError: it cannot be told, such as while an engine does not answer; somebody has to try again.
        """
        ...

    def left(self) -> Sequence[str]:
        """What is still there of what `up` made, a line each; of an attached project, how it differs from before.

        Asked of another object than the one that brought it up as well, which was neither `up` nor took over.

        Raises:
            LabError: it cannot be told.
        """
        ...

    def identities(self) -> Sequence[tuple[str, Identity]]:
        """Processes that must not outlive the lab, each with what it is."""
        ...

    def cgroups(self) -> Sequence[Path]:
        """Control groups that `up` makes; known before, so that they are in the journal before they are there."""
        ...


def outlives_keeper(driver: str) -> bool:
    """Whether labs of a driver stay when their keeper is killed; known before there is one."""
    return driver != NATIVE


def make_lab(driver: str, spec: LabSpec, directory: Path, run: str, notify: Callable[[HostChange], None]) -> DriverLab:
    """A lab that is not up yet.

    Raises:
        UsageError: there is no such driver.
    """
    makers: Mapping[str, Maker] = {NATIVE: _native, DOCKER: _docker, ATTACHED: _attached, EXTERNAL: _external}
    return (makers.get(driver) or _brought(driver))(spec, directory, run, notify)


def driver_names() -> tuple[str, ...]:
    """What `--driver` takes: chaoskit's own, and those of installed distributions."""
    return (*DRIVERS, *sorted({entry.name for entry in entry_points(group=GROUP)}))


def _brought(driver: str) -> Maker:
    for entry in entry_points(group=GROUP, name=driver):
        return cast(Maker, entry.load())
    raise UsageError(f"there is no driver {driver!r}", remedy=f"Labs are brought up by: {', '.join(driver_names())}.")


Maker = Callable[[LabSpec, Path, str, Callable[[HostChange], None]], DriverLab]


def _native(spec: LabSpec, directory: Path, run: str, notify: Callable[[HostChange], None]) -> DriverLab:
    from chaoskit.labs.native.lab import NativeLab  # noqa: PLC0415  a driver is imported by who uses it

    return NativeLab(spec, directory, run_id=run, notify=notify)


def _docker(spec: LabSpec, directory: Path, run: str, notify: Callable[[HostChange], None]) -> DriverLab:
    from chaoskit.labs.docker.lab import DockerLab  # noqa: PLC0415

    return DockerLab(spec, directory, run_id=run, notify=notify)


def _attached(spec: LabSpec, directory: Path, run: str, notify: Callable[[HostChange], None]) -> DriverLab:
    from chaoskit.labs.attached.lab import AttachedLab  # noqa: PLC0415

    return AttachedLab(spec, directory, run_id=run, notify=notify)


def _external(spec: LabSpec, directory: Path, run: str, notify: Callable[[HostChange], None]) -> DriverLab:
    from chaoskit.labs.external.lab import ExternalLab  # noqa: PLC0415

    return ExternalLab(spec, directory, run_id=run, notify=notify)
