"""Who has the subnets that a lab needs: an engine refuses networks that overlap, so one lab at a time has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

import docker

from chaoskit.core.topology import Topology
from chaoskit.labs.docker.engine import api_errors
from chaoskit.labs.docker.naming import RUN

OVERLAPS = "Pool overlaps with other one on this address space"
"""What the engine says when somebody else was quicker."""


@dataclass(frozen=True)
class Holder:
    """A network of the engine that overlaps one of a lab.

    Attributes:
        run: whose it is; empty where it is not chaoskit's.
    """

    network: str
    subnet: str
    run: str

    def __str__(self) -> str:
        return f"{self.subnet} of network {self.network}" + (f", which is of {self.run}" if self.run else "")


def holders(client: docker.DockerClient, topology: Topology) -> tuple[Holder, ...]:
    """The networks that are in the way of a lab.

    Raises:
        LabError: the engine does not answer.
    """
    wanted = [IPv4Network(network.subnet) for network in topology.networks]
    with api_errors("the Docker engine does not list its networks"):
        listed: Sequence[dict[str, Any]] = client.api.networks()
    return tuple(holder for network in listed for holder in _of(network, wanted))


def _of(network: dict[str, Any], wanted: Sequence[IPv4Network]) -> Iterator[Holder]:
    for config in (network.get("IPAM") or {}).get("Config") or ():
        text = config.get("Subnet", "")
        if "." in text and any(IPv4Network(text, strict=False).overlaps(subnet) for subnet in wanted):
            yield Holder(network["Name"], text, (network.get("Labels") or {}).get(RUN, ""))
