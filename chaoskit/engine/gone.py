"""Labs and hosts that are gone, as a step that has to be undone meets them: there is nothing to undo in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chaoskit.core.errors import LabError
from chaoskit.core.host import Completed, Host, HostState, RunningLab, Status
from chaoskit.core.step import Step, targets
from chaoskit.core.topology import HostInfo, Topology


def is_there(step: Step, lab: RunningLab) -> bool:
    """Whether anything of what a step changed is still there: a host of it, or a network that is not one host's."""
    known = lab.topology.by_name
    hosts = {target.partition("/")[0] for target in targets(step)}
    return any(host in lab.hosts or host not in known for host in hosts)


class _Gone:
    """A lab that is not there any more; satisfies `RunningLab`."""

    topology = Topology("gone", (), ())
    hosts: Mapping[str, Host] = {}

    def logs(self, host: str) -> Path:
        """Nothing is left to read.

        Raises:
            LabError: always.
        """
        raise _gone(host)


GONE: RunningLab = _Gone()


@dataclass(frozen=True)
class GoneHost:
    """A host of a lab that is there, but for this host; satisfies `Host`. It is off, and nothing starts it."""

    info: HostInfo

    def status(self) -> Status:
        """Off."""
        return Status(HostState.OFF)

    def netns(self) -> Path:
        """It has none.

        Raises:
            LabError: always.
        """
        raise _gone(self.info.name)

    def start(self) -> None:
        """It cannot be.

        Raises:
            LabError: always.
        """
        raise _gone(self.info.name)

    def stop(self, *, wait: bool = True) -> None:
        """It has ended."""

    def kill(self, signal: int) -> None:
        """There is nobody to be signalled.

        Raises:
            LabError: always.
        """
        raise _gone(self.info.name)

    def power_off(self) -> None:
        """It is off."""

    def pause(self) -> None:
        """There is nothing to freeze.

        Raises:
            LabError: always.
        """
        raise _gone(self.info.name)

    def resume(self) -> None:
        """Nothing is frozen."""

    def run(self, argv: Sequence[str], *, timeout: float, stdin: str = "") -> Completed:
        """Nothing runs there.

        Raises:
            LabError: always.
        """
        raise _gone(self.info.name)


class WithGoneHosts:
    """A lab in which hosts that are gone are there as such, for steps that concern them beside others."""

    def __init__(self, lab: RunningLab) -> None:
        self._lab = lab
        self.topology = lab.topology
        gone = (info for info in lab.topology.hosts if info.name not in lab.hosts)
        self.hosts: Mapping[str, Host] = {**lab.hosts, **{info.name: GoneHost(info) for info in gone}}

    def logs(self, host: str) -> Path:
        """The host's log, as the lab has it."""
        return self._lab.logs(host)


def _gone(host: str) -> LabError:
    return LabError(f"the host {host} is gone")
