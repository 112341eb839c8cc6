"""What a packet fault is done by: the protocol of each way."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from chaoskit.core.step import Evidence, Prior
from chaoskit.steps.packets.fault import PacketFault


class Means(Protocol):
    """One way to do packet faults, in a network namespace; what it raises becomes a StepError."""

    def prepare(self, fault: PacketFault, network: Path) -> Prior:
        """See that it can be done, and change nothing."""
        ...

    def do(self, fault: PacketFault, network: Path, prior: Prior, left: int) -> None:
        """Put it in force, for `left` ns at most where the kernel can see to that."""
        ...

    def look(self, fault: PacketFault, network: Path, prior: Prior) -> Evidence:
        """Whether it is in force, by what the kernel says, and how many packets have met it."""
        ...

    def undo(self, fault: PacketFault, network: Path | None, prior: Prior) -> None:
        """End it; without a network, what is not the network's."""
        ...

    def ended(self, fault: PacketFault, prior: Prior) -> str:
        """How it ended though nobody undid it; empty where it did not, or cannot."""
        ...
