"""The hosts of an attached project that are more, or less, than a container with a network of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import docker

from chaoskit.core.errors import LabError
from chaoskit.core.host import Completed, HostState, Status
from chaoskit.core.topology import HostInfo
from chaoskit.labs.change import HostChange
from chaoskit.labs.docker.host import DockerHost
from chaoskit.labs.docker.poller import Poller


class Entangled(DockerHost):
    """A container in the network of the machine, or of another container: that network is not its own to break."""

    def __init__(
        self,
        client: docker.DockerClient,
        info: HostInfo,
        notify: Callable[[HostChange], None],
        poller: Poller,
        owner: str,
    ) -> None:
        super().__init__(client, info, notify, poller)
        self._owner = owner

    def netns(self) -> Path:
        """It has none.

        Raises:
            LabError: always.
        """
        raise LabError(
            f"{self.info.name} uses the network of {self._owner}: a fault of it would be one of {self._owner}",
            remedy="Choose a host with a network of its own.",
        )


class Removed:
    """A host whose container its owner has removed: nothing is left to undo; satisfies `chaoskit.core.host.Host`."""

    def __init__(self, info: HostInfo) -> None:
        self._info = info

    @property
    def info(self) -> HostInfo:
        """What it was."""
        return self._info

    def status(self) -> Status:
        """Off, for good."""
        return Status(HostState.OFF)

    def netns(self) -> Path:
        """It went with the container.

        Raises:
            LabError: always.
        """
        raise self._error()

    def start(self) -> None:
        """Its owner wanted it gone, and gone it stays."""

    def stop(self, *, wait: bool = True) -> None:
        """It does not run."""

    def kill(self, signal: int) -> None:
        """There is no process.

        Raises:
            LabError: always.
        """
        raise self._error()

    def power_off(self) -> None:
        """It is off."""

    def pause(self) -> None:
        """There is no process.

        Raises:
            LabError: always.
        """
        raise self._error()

    def resume(self) -> None:
        """It is not paused."""

    def run(self, argv: Sequence[str], *, timeout: float, stdin: str = "") -> Completed:
        """Nothing can run in it.

        Raises:
            LabError: always.
        """
        raise self._error()

    def _error(self) -> LabError:
        return LabError(f"the container of {self._info.name} was removed by somebody else")
