"""The step that stops a host as its operator would."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaoskit.core.host import Host, HostState, RunningLab
from chaoskit.core.step import Evidence, Prior
from chaoskit.steps.on_host import OnHost
from chaoskit.steps.reach import ensure_running, host_of


@dataclass(frozen=True)
class Stop(OnHost):
    """Stop a host with its service's stop signal and grace period; undone by starting it."""

    kind: ClassVar[str] = "stop"
    done: ClassVar[str] = "stopped"

    def describe(self) -> str:
        """One line for plans."""
        return f"{self.host}: stop by its stop signal, SIGKILL after its grace period"

    def change(self, host: Host) -> None:
        """Stop it; returns when the daemon has ended."""
        host.stop()

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
