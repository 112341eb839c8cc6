"""The step that stops a host as its operator would."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaoskit.core.host import HostState, RunningLab
from chaoskit.core.step import Evidence, Prior
from chaoskit.steps.reach import ensure_running, host_of, running, step_errors


@dataclass(frozen=True)
class Stop:
    """Stop a host with its service's stop signal and grace period; undone by starting it.

    Attributes:
        host: which.
    """

    host: str

    kind: ClassVar[str] = "stop"
    one_shot: ClassVar[bool] = False
    on_network: ClassVar[bool] = False

    @property
    def target(self) -> str:
        """The host."""
        return self.host

    def describe(self) -> str:
        """One line for plans."""
        return f"{self.host}: stop by its stop signal, SIGKILL after its grace period"

    def prepare(self, lab: RunningLab) -> Prior:
        """Note which process is meant.

        Raises:
            StepError: the host does not run.
        """
        return {"pid": running(host_of(lab, self.host), "stopped").pid}

    def do(self, lab: RunningLab, prior: Prior) -> None:
        """Stop it; returns when the daemon has ended.

        Raises:
            StepError: the driver could not.
        """
        with step_errors(f"{self.host} could not be stopped"):
            host_of(lab, self.host).stop()

    def confirm(self, lab: RunningLab, prior: Prior) -> Evidence:
        """Look whether the host has no daemon."""
        status = host_of(lab, self.host).status()
        ended = "" if status.exit_code is None else f", exit code {status.exit_code}"
        stopped = status.state in (HostState.EXITED, HostState.OFF)
        return Evidence(stopped, f"{self.host}: {status.state}{ended} (was pid {prior['pid']})")

    def undo(self, lab: RunningLab, prior: Prior) -> None:
        """Start the daemon unless it runs.

        Raises:
            StepError: it does not start.
        """
        ensure_running(host_of(lab, self.host))
