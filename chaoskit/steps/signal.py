"""The step that ends a host's daemon by a signal, from outside."""

from __future__ import annotations

import signal as signals
from dataclasses import dataclass
from typing import ClassVar

from chaoskit.core.errors import UsageError
from chaoskit.core.host import Host, HostState, RunningLab, Status
from chaoskit.core.step import Evidence, Prior
from chaoskit.steps.on_host import OnHost
from chaoskit.steps.reach import ensure_running, host_of

ENDING = ("KILL", "TERM", "INT", "QUIT", "ABRT", "SEGV", "BUS", "FPE", "ILL")
"""Signals whose default is the end of the process (signal(7)): only an end can be confirmed and undone here."""


@dataclass(frozen=True)
class Signal(OnHost):
    """Send a signal that ends the daemon; undone by making sure that it runs.

    A restart policy applies as to any crash: the host may be running again, under another pid, before
    the step is undone. That is still confirmed, and the undo then finds nothing to do.

    Attributes:
        signal: without `SIG`, one of `ENDING`.
    """

    signal: str = "KILL"

    kind: ClassVar[str] = "signal"
    done: ClassVar[str] = "killed"

    def __post_init__(self) -> None:
        if self.signal not in ENDING:
            raise UsageError(f"SIG{self.signal} does not end a daemon", remedy=f"One of: {', '.join(ENDING)}.")

    def describe(self) -> str:
        """One line for plans."""
        return f"{self.host}: SIG{self.signal} to the daemon"

    def change(self, host: Host) -> None:
        """Send the signal to the host's init."""
        host.kill(signals.Signals[f"SIG{self.signal}"])

    def confirm(self, lab: RunningLab, prior: Prior) -> Evidence:
        """Look whether the host's init is another process, or none."""
        status = host_of(lab, self.host).status()
        same = status.pid == prior["pid"] and status.restarts == prior["restarts"]
        # Dead, but the driver has not been told yet how it ended.
        ending = status.pid is None and status.state is HostState.RUNNING
        if same or ending:
            return Evidence(False, f"{self.host}: pid {prior['pid']} is {'ending' if ending else 'still there'}")
        return Evidence(True, f"{self.host}: pid {prior['pid']} is gone ({_since(status)})")

    def undo(self, lab: RunningLab, prior: Prior) -> None:
        """Start the daemon unless it runs.

        Raises:
            StepError: it does not start.
        """
        ensure_running(host_of(lab, self.host), doomed=prior["pid"])


def _since(status: Status) -> str:
    if status.state is HostState.RUNNING:
        return f"running again as pid {status.pid}, restart {status.restarts}"
    if status.exit_code is None:
        return str(status.state)
    code = status.exit_code
    return f"exit by signal {-code}" if code < 0 else f"exit status {code}"
