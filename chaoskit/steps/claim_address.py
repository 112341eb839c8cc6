"""The step by which a host takes an address, whoever else may have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaoskit.core.errors import StepError
from chaoskit.core.host import RunningLab
from chaoskit.core.step import Evidence, Prior
from chaoskit.kernel import addresses, arp
from chaoskit.kernel.namespaces import in_network
from chaoskit.steps.reach import host_of, network_left, network_of, seen, step_errors


@dataclass(frozen=True)
class ClaimAddress:
    """Give an interface of a host one address more, and tell its network; undone by taking it off again.

    Undoing announces nothing: whoever else holds the address is not asked to win its callers back.

    Attributes:
        host: who claims it.
        network: on which network, for its name.
        device: the interface's name inside the host.
        address: IPv4, without prefix length; it is added with /32.
        announce: whether gratuitous ARP is sent.
    """

    host: str
    network: str
    device: str
    address: str
    announce: bool = True

    kind: ClassVar[str] = "claim_address"
    one_shot: ClassVar[bool] = False
    on_network: ClassVar[bool] = True

    @property
    def target(self) -> str:
        """The link, `HOST/NETWORK`."""
        return f"{self.host}/{self.network}"

    def describe(self) -> str:
        """One line for plans."""
        how = "and announce it by gratuitous ARP" if self.announce else "without gratuitous ARP"
        return f"{self.target}: take {self.address} on {self.device}, {how}"

    def prepare(self, lab: RunningLab) -> Prior:
        """See that the host does not have the address: a claim by its owner would change nothing.

        Raises:
            StepError: the host has no network now, or holds the address already.
        """
        network = network_of(host_of(lab, self.host))
        with step_errors(self.describe()):
            found = in_network(network, lambda: addresses.held(self.address))
        if found is not None:
            raise StepError(f"{self.host} holds {self.address} already, on {found.device}, and cannot claim it")
        return {}

    def do(self, lab: RunningLab, prior: Prior) -> None:
        """Add the address, and announce it.

        Raises:
            StepError: the kernel refuses, or the interface is down.
        """
        network = network_of(host_of(lab, self.host))
        with step_errors(self.describe()):
            in_network(network, lambda: addresses.take(self.device, self.address, HOST_PREFIX))
            if self.announce:
                in_network(network, lambda: arp.announce(self.device, self.address))

    def confirm(self, lab: RunningLab, prior: Prior) -> Evidence:
        """Read the host's addresses."""
        return seen(lambda: self._look(lab))

    def _look(self, lab: RunningLab) -> Evidence:
        network = network_of(host_of(lab, self.host))
        with step_errors(self.describe()):
            found = in_network(network, lambda: addresses.held(self.address))
        what = f"{self.target}: {self.address} is on {found.device if found else 'no interface'}"
        return Evidence(found is not None, what)

    def undo(self, lab: RunningLab, prior: Prior) -> None:
        """Take the address off again.

        Raises:
            StepError: the kernel refuses.
        """
        network = network_left(host_of(lab, self.host))
        if network is None:
            return
        with step_errors(f"{self.target} could not give up {self.address}"):
            in_network(network, lambda: addresses.release(self.device, self.address, HOST_PREFIX))


HOST_PREFIX = 32
"""Of an address that is claimed: it comes without a route of its own, and goes without taking another along."""
