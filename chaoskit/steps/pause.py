"""The step that freezes a host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaoskit.core.host import HostState, RunningLab
from chaoskit.core.step import Evidence, Prior
from chaoskit.steps.reach import host_of, running, step_errors


@dataclass(frozen=True)
class Pause:
    """Freeze every process of a host; undone by thawing them.

    Attributes:
        host: which.
    """

    host: str

    kind: ClassVar[str] = "pause"
    one_shot: ClassVar[bool] = False
    on_network: ClassVar[bool] = False

    @property
    def target(self) -> str:
        """The host."""
        return self.host

    def describe(self) -> str:
        """One line for plans."""
        return f"{self.host}: freeze every process; its kernel goes on acknowledging"

    def prepare(self, lab: RunningLab) -> Prior:
        """Note which process is meant.

        Raises:
            StepError: the host does not run.
        """
        return {"pid": running(host_of(lab, self.host), "paused").pid}

    def do(self, lab: RunningLab, prior: Prior) -> None:
        """Freeze it.

        Raises:
            StepError: the driver could not.
        """
        with step_errors(f"{self.host} could not be paused"):
            host_of(lab, self.host).pause()

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
