"""A running host and a running lab, as everything above a driver sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from chaoskit.core.topology import HostInfo, Topology


class HostState(StrEnum):
    """Where a host is in its life."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    EXITED = "exited"
    """The daemon ended; the network namespace with its addresses is still there."""
    OFF = "off"
    """Powered off: no namespaces, no addresses, ARP is silent."""


@dataclass(frozen=True)
class Status:
    """One reading of a host's state.

    Attributes:
        pid: the host's init as the machine's process table has it, or None when none runs.
        healthy: what the healthcheck said last; None where there is none or it has not answered yet.
        exit_code: of the last daemon that ended, negative for a signal.
        restarts: how often the restart policy started the daemon again.
        ending: the daemon was asked to stop and has not ended yet: it is within its grace period.
    """

    state: HostState
    pid: int | None = None
    healthy: bool | None = None
    exit_code: int | None = None
    restarts: int = 0
    ending: bool = False


@dataclass(frozen=True)
class Completed:
    """What a command that ran inside a host left."""

    argv: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str


class Host(Protocol):
    """One host of a running lab; both drivers give the same one.

    Everything that is not in here works from outside through the host's namespaces
    (`chaoskit.labs.enter`), so that it is written once and needs no tools in images.
    """

    @property
    def info(self) -> HostInfo:
        """Name, labels and addresses."""
        ...

    def status(self) -> Status:
        """State, pid and health, read now."""
        ...

    def netns(self) -> Path:
        """A path to open the host's network namespace by; it outlives the daemon, not a power-off.

        Raises:
            LabError: the host has no network namespace now.
        """
        ...

    def start(self) -> None:
        """Start the daemon (after `power_off`: the host too, with the same addresses and MACs).

        One that is still ending after a `stop` is ended at once.
        """
        ...

    def stop(self, *, wait: bool = True) -> None:
        """The service's stop signal, then SIGKILL after its grace period.

        Args:
            wait: return when the daemon has ended; else at once, and `status` says when it has.
        """
        ...

    def kill(self, signal: int) -> None:
        """Send a signal to the host's init from outside; a restart policy applies, as to any crash."""
        ...

    def power_off(self) -> None:
        """Destroy the host with its namespaces: no FIN, no RST, no ARP reply."""
        ...

    def pause(self) -> None:
        """Freeze every process of the host; the network namespace goes on acknowledging."""
        ...

    def resume(self) -> None:
        """Undo `pause`."""
        ...

    def run(self, argv: Sequence[str], *, timeout: float, stdin: str = "") -> Completed:
        """Run a command inside all of the host's namespaces.

        Raises:
            LabError: the host is not running, or the command took longer than `timeout` seconds.
        """
        ...


class RunningLab(Protocol):
    """A lab that is up."""

    @property
    def topology(self) -> Topology:
        """What it consists of."""
        ...

    @property
    def hosts(self) -> Mapping[str, Host]:
        """Hosts by name."""
        ...

    def logs(self, host: str) -> Path:
        """The file that holds what the host's daemon wrote to stdout and stderr."""
        ...
