"""The step that adds a route to a host: to addresses that become its own, or to those behind another host."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import ClassVar

from chaoskit.core.errors import StepError
from chaoskit.core.host import RunningLab
from chaoskit.core.step import Evidence, Prior
from chaoskit.kernel import own_routes
from chaoskit.kernel.namespaces import in_network
from chaoskit.kernel.own_routes import OwnRoute
from chaoskit.steps.reach import host_of, network_left, network_of, seen, step_errors


@dataclass(frozen=True)
class AddRoute:
    """Add a route to a host; undone by taking it away, unless the host had it before.

    Attributes:
        host: which.
        prefix: where it leads, CIDR.
        device: the interface's name inside the host.
        via: the next hop; empty for a local route, which makes the prefix's addresses the host's own (AnyIP).
    """

    host: str
    prefix: str
    device: str
    via: str = ""

    kind: ClassVar[str] = "add_route"
    one_shot: ClassVar[bool] = False
    on_network: ClassVar[bool] = True

    @property
    def target(self) -> str:
        """The host."""
        return self.host

    def describe(self) -> str:
        """One line for plans."""
        if not self.via:
            return f"{self.host}: own every address of {self.prefix}"
        return f"{self.host}: route {self.prefix} via {self.via} on {self.device}"

    def prepare(self, lab: RunningLab) -> Prior:
        """See whether the host has the route.

        Raises:
            StepError: the host has no network now.
        """
        return {"had": self._is_there(lab)}

    def do(self, lab: RunningLab, prior: Prior) -> None:
        """Add the route.

        Raises:
            StepError: the kernel refuses: the host has another route for the prefix, or none to the next hop.
        """
        network = network_of(host_of(lab, self.host))
        with step_errors(self.describe()):
            in_network(network, lambda: own_routes.add(self._route()))

    def confirm(self, lab: RunningLab, prior: Prior) -> Evidence:
        """Read the host's routes."""
        return seen(lambda: self._look(lab))

    def _look(self, lab: RunningLab) -> Evidence:
        there = self._is_there(lab)
        return Evidence(there, f"{self.host} has {'a' if there else 'no'} route to {self.prefix}")

    def undo(self, lab: RunningLab, prior: Prior) -> None:
        """Take the route away again.

        Raises:
            StepError: the kernel refuses.
        """
        network = network_left(host_of(lab, self.host))
        if network is None or prior.get("had"):
            return
        with step_errors(f"{self.host} could not give up its route to {self.prefix}"):
            in_network(network, lambda: own_routes.remove(self._route()))

    def _is_there(self, lab: RunningLab) -> bool:
        network = network_of(host_of(lab, self.host))
        with step_errors(self.describe()):
            return in_network(network, lambda: own_routes.is_there(self._route()))

    def _route(self) -> OwnRoute:
        try:
            via = IPv4Address(self.via) if self.via else None
            return OwnRoute(IPv4Network(self.prefix), self.device, via)
        except ValueError as error:
            raise StepError(f"{self.describe()}: {error}") from None
