"""The step that takes a whole host away, as a power cut does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaoskit.core.errors import LabError
from chaoskit.core.host import Host, HostState, RunningLab
from chaoskit.core.step import Evidence, Prior
from chaoskit.steps.on_host import OnHost
from chaoskit.steps.reach import ensure_running, host_of


@dataclass(frozen=True)
class PowerOff(OnHost):
    """Destroy a host with its namespaces; undone by starting it with the addresses and MACs it had."""

    kind: ClassVar[str] = "power_off"
    done: ClassVar[str] = "powered off"

    def describe(self) -> str:
        """One line for plans."""
        return f"{self.host}: power off, its network disappears with it"

    def change(self, host: Host) -> None:
        """Destroy it."""
        host.power_off()

    def confirm(self, lab: RunningLab, prior: Prior) -> Evidence:
        """Look whether the host is off and has no network namespace left to enter."""
        host = host_of(lab, self.host)
        state, network = host.status().state, _network(host)
        left = f"network namespace {network}" if network else "no network namespace"
        gone = state is HostState.OFF and network is None
        return Evidence(gone, f"{self.host}: {state}, {left} (was pid {prior['pid']})")

    def undo(self, lab: RunningLab, prior: Prior) -> None:
        """Start the host unless it runs.

        Raises:
            StepError: it does not start.
        """
        ensure_running(host_of(lab, self.host))


def _network(host: Host) -> str | None:
    try:
        return str(host.netns())
    except LabError:
        return None
