"""The step that stops a host as its operator would.

It begins the stop and does not wait for its end: a daemon that drains its connections takes as long as its grace
period, in which other actions, guards and an undo have their time. What confirms it is the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaoskit.core.host import Host, HostState, RunningLab
from chaoskit.core.step import Evidence, Prior
from chaoskit.steps.on_host import OnHost
from chaoskit.steps.reach import ensure_running, host_of


@dataclass(frozen=True)
class Stop(OnHost):
    """Stop a host with its service's stop signal and grace period; undone by starting it, ended or still ending."""

    kind: ClassVar[str] = "stop"
    done: ClassVar[str] = "stopped"

    def describe(self) -> str:
        """One line for plans."""
        return f"{self.host}: stop by its stop signal, SIGKILL after its grace period"

    def change(self, host: Host) -> None:
        """Ask it to stop."""
        host.stop(wait=False)

    def confirm(self, lab: RunningLab, prior: Prior) -> Evidence:
        """Look whether the host has no daemon."""
        status = host_of(lab, self.host).status()
        ended = "" if status.exit_code is None else f", exit code {status.exit_code}"
        stopped = status.state in (HostState.EXITED, HostState.OFF)
        state = "ending" if status.ending else status.state
        return Evidence(stopped, f"{self.host}: {state}{ended} (was pid {prior['pid']})", pending=status.ending)

    def undo(self, lab: RunningLab, prior: Prior) -> None:
        """Start the daemon unless it runs; one that is still ending is ended at once.

        Raises:
            StepError: it does not start.
        """
        ensure_running(host_of(lab, self.host))
