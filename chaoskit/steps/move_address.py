"""The step that moves an address from one host to another in order: given up first, then taken and announced."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from chaoskit.core.errors import StepError
from chaoskit.core.host import RunningLab
from chaoskit.core.step import Evidence, Prior
from chaoskit.kernel import addresses, arp
from chaoskit.kernel.addresses import Held
from chaoskit.kernel.namespaces import in_network
from chaoskit.steps.reach import host_of, network_left, network_of, seen, step_errors


@dataclass(frozen=True)
class MoveAddress:
    """Take an address off its holder, give it to another host and announce it; undone in the same order back.

    One step, so that there is never a second owner between two steps.

    Attributes:
        host: the holder.
        to: who gets it.
        device: the interface it gets it on.
        address: IPv4, without prefix length; the one it has at the holder goes along.
    """

    host: str
    to: str
    device: str
    address: str

    kind: ClassVar[str] = "move_address"
    one_shot: ClassVar[bool] = False
    on_network: ClassVar[bool] = True

    @property
    def target(self) -> str:
        """The holder."""
        return self.host

    @property
    def further(self) -> tuple[str, ...]:
        """Who gets it: it has lost the address when it comes back with a new network."""
        return (self.to,)

    def describe(self) -> str:
        """One line for plans."""
        return f"{self.host}: give up {self.address}, which {self.to} takes on {self.device} and announces"

    def prepare(self, lab: RunningLab) -> Prior:
        """Read where the holder has it, and see that the other can take it.

        Raises:
            StepError: a host has no network now, the holder does not hold the address, or the other does already.
        """
        there, here = (network_of(host_of(lab, name)) for name in (self.host, self.to))
        with step_errors(self.describe()):
            found, other = _held(there, self.address), _held(here, self.address)
        if found is None:
            raise StepError(f"{self.host} does not hold {self.address} and cannot give it up")
        if other is not None:
            raise StepError(f"{self.to} holds {self.address} already, as {self.host} does")
        return {"device": found.device, "prefix": found.prefix}

    def do(self, lab: RunningLab, prior: Prior) -> None:
        """Give it up, take it, announce it; a holder that is gone has nothing to give up.

        Raises:
            StepError: the kernel refuses, the new interface is down, or the other host has no network now.
        """
        there, here = network_left(host_of(lab, self.host)), network_of(host_of(lab, self.to))
        with step_errors(self.describe()):
            if there is not None:
                _release(there, str(prior["device"]), self.address, _prefix(prior))
            _take(here, self.device, self.address, _prefix(prior))

    def confirm(self, lab: RunningLab, prior: Prior) -> Evidence:
        """Read the addresses of both."""
        return seen(lambda: self._look(lab))

    def _look(self, lab: RunningLab) -> Evidence:
        left = network_left(host_of(lab, self.host))
        with step_errors(self.describe()):
            still = left is not None and _held(left, self.address) is not None
            taken = _held(network_of(host_of(lab, self.to)), self.address) is not None
        words = [
            f"{name} {'has' if has else 'does not have'} it" for name, has in ((self.host, still), (self.to, taken))
        ]
        return Evidence(taken and not still, f"{self.address}: {', '.join(words)}")

    def undo(self, lab: RunningLab, prior: Prior) -> None:
        """Have the other give it up and the old holder take and announce it; a host that is gone has lost it anyway.

        Raises:
            StepError: the kernel refuses.
        """
        there, here = (network_left(host_of(lab, name)) for name in (self.host, self.to))
        with step_errors(f"{self.address} could not be moved back from {self.to} to {self.host}"):
            if here is not None:
                _release(here, self.device, self.address, _prefix(prior))
            if there is not None and _held(there, self.address) is None:
                _take(there, str(prior["device"]), self.address, _prefix(prior))


def _held(network: Path, address: str) -> Held | None:
    return in_network(network, lambda: addresses.held(address))


def _release(network: Path, device: str, address: str, prefix: int) -> None:
    in_network(network, lambda: addresses.release(device, address, prefix))


def _take(network: Path, device: str, address: str, prefix: int) -> None:
    def take() -> None:
        addresses.take(device, address, prefix)
        arp.announce(device, address)

    in_network(network, take)


def _prefix(prior: Prior) -> int:
    prefix = prior["prefix"]
    if not isinstance(prefix, int):
        raise StepError(f"the journal holds {prefix!r} where a prefix length should be")
    return prefix
