"""The step that makes one link of a host worse for the packets that leave by it: delay, loss, bandwidth, ..."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from chaoskit.core.errors import StepError
from chaoskit.core.host import RunningLab
from chaoskit.core.step import Evidence, Prior
from chaoskit.core.units import show_duration
from chaoskit.kernel.trial import has_qdisc
from chaoskit.steps.packets.disciplines import Disciplines, is_ours, read_peers, read_root, stage_of
from chaoskit.steps.packets.diverted import Diverted
from chaoskit.steps.packets.fault import PacketFault
from chaoskit.steps.packets.means import Means
from chaoskit.steps.packets.rules import EVERYBODY, Rules, refuse_twice
from chaoskit.steps.reach import host_of, network_left, network_of, seen, step_errors

NETEM, SHAPE, RULES, DIVERSION = "netem", "shape", "rules", "diversion"
_MEANS: Mapping[str, Means] = {
    NETEM: Disciplines(),
    SHAPE: Disciplines(),
    RULES: Rules(),
    DIVERSION: Diverted(),
}


@dataclass(frozen=True)
class Impair(PacketFault):
    """A packet fault on one link of a host, by what the machine has for it.

    `prepare` chooses: netem where the kernel has it and the link has no queueing discipline but the default one,
    else nftables for loss and duplicates, and a process that packets are diverted to for delay, reordering and
    corruption; bandwidth is always a matter of tbf, or htb for some peers only. The choice is in what it returns,
    and in the evidence. On a host that came back with a new network it is done again, for what is left of its time.
    """

    kind: ClassVar[str] = "impair"
    one_shot: ClassVar[bool] = False
    on_network: ClassVar[bool] = True

    @property
    def target(self) -> str:
        """The link, `HOST/NETWORK`."""
        return self.link

    def describe(self) -> str:
        """One line for plans."""
        return f"{self.link}: {self.effect}{self.whom}, for {show_duration(self.lasting)} at most"

    def prepare(self, lab: RunningLab) -> Prior:
        """Choose what it is done by, and see that it can be.

        Raises:
            StepError: the host has no network now, its link is somebody else's, or a fault of this kind is there.
        """
        network = network_of(host_of(lab, self.host))
        with step_errors(self.describe()):
            by = self._chosen(network)
            until = time.monotonic_ns() + self.lasting
            return {"by": by, "until": until, **_MEANS[by].prepare(self, network)}

    def _chosen(self, network: Path) -> str:
        if self.fault == "bandwidth":
            needed = "htb" if self.peers else "tbf"
            if not has_qdisc(needed):
                raise StepError(f"{self.link}: {self.effect} cannot be had here: this kernel has no {needed}")
            return SHAPE
        root = read_root(network, self.device)
        if root is None or root.is_default:
            if has_qdisc("netem") and (not self.peers or has_qdisc("prio")):
                return NETEM
        elif is_ours(root) and stage_of(root) == self.stage:
            refuse_twice(self, read_peers(network, self.device, root) or frozenset({EVERYBODY}))
        return RULES if self.fault in ("loss", "duplicate") else DIVERSION

    def do(self, lab: RunningLab, prior: Prior) -> None:
        """Put it in force.

        Raises:
            StepError: the kernel refuses, or its time is over.
        """
        left = _number(prior, "until") - time.monotonic_ns()
        if left <= 0:
            raise StepError(f"{self.describe()}: its time is over")
        network = network_of(host_of(lab, self.host))
        with step_errors(self.describe()):
            _means(prior).do(self, network, prior, left)

    def confirm(self, lab: RunningLab, prior: Prior) -> Evidence:
        """Read it back from the kernel, with its counters."""
        return seen(lambda: self._look(lab, prior))

    def _look(self, lab: RunningLab, prior: Prior) -> Evidence:
        network = network_of(host_of(lab, self.host))
        with step_errors(self.describe()):
            return _means(prior).look(self, network, prior)

    def undo(self, lab: RunningLab, prior: Prior) -> None:
        """Take away exactly what was put there; a network that is gone took it along.

        Raises:
            StepError: the kernel refuses.
        """
        network = network_left(host_of(lab, self.host))
        with step_errors(f"{self.link} could not be restored"):
            _means(prior).undo(self, network, prior)

    def ended(self, prior: Prior) -> str:
        """How it ended though nobody undid it; empty while it lasts."""
        return _means(prior).ended(self, prior)


def _means(prior: Prior) -> Means:
    by = str(prior.get("by"))
    if by not in _MEANS:
        raise StepError(f"the journal holds {by!r} where one of {', '.join(_MEANS)} should be")
    return _MEANS[by]


def _number(prior: Prior, name: str) -> int:
    value = prior[name]
    if not isinstance(value, int):
        raise StepError(f"the journal holds {value!r} where a moment in ns should be")
    return value
