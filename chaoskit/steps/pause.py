"""The step that freezes a host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaoskit.core.host import Host, HostState, RunningLab
from chaoskit.core.step import Evidence, Prior
from chaoskit.steps.on_host import OnHost
from chaoskit.steps.reach import host_of, step_errors


@dataclass(frozen=True)
class Pause(OnHost):
    """Freeze every process of a host; undone by thawing them."""

    kind: ClassVar[str] = "pause"
    done: ClassVar[str] = "paused"

    def describe(self) -> str:
        """One line for plans."""
        return f"{self.host}: freeze every process; its kernel goes on acknowledging"

    def change(self, host: Host) -> None:
        """Freeze it."""
        host.pause()

    def confirm(self, lab: RunningLab, prior: Prior) -> Evidence:
        """Look whether the host is paused, with the process it had."""
        status = host_of(lab, self.host).status()
        paused = status.state is HostState.PAUSED and status.pid == prior["pid"]
        return Evidence(paused, f"{self.host}: {status.state}, pid {status.pid}")

    def undo(self, lab: RunningLab, prior: Prior) -> None:
        """Thaw it if it is paused; the daemon goes on where it was.

        Raises:
            StepError: the driver could not.
        """
        host = host_of(lab, self.host)
        if host.status().state is HostState.PAUSED:
            with step_errors(f"{self.host} could not be resumed"):
                host.resume()
