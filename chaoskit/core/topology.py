"""What a lab consists of, as data: hosts, networks and the links between them.

client-eu --[client-eu/edge]-- edge --[lb-eu/edge]-- lb-eu --[lb-eu/eu]-- eu --- web-eu-1
host          link          network                                  network    host
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network
from typing import Protocol

from chaoskit.core.errors import UsageError

ROLE = "chaoskit.role"
REGION = "chaoskit.region"
PROTECTED = "chaoskit.protected"


class Named(Protocol):
    """What a selector can look at: a name and labels."""

    @property
    def name(self) -> str:
        """Unique among its kind in one lab."""
        ...

    @property
    def labels(self) -> Mapping[str, str]:
        """The Compose labels, `chaoskit.role` and `chaoskit.region` among them."""
        ...


@dataclass(frozen=True)
class Network:
    """A layer-2 segment with one IPv4 subnet.

    Attributes:
        subnet: CIDR, for example `198.18.1.0/24`.
        gateway: the address of the segment's router, or None where nothing routes.
    """

    name: str
    subnet: str
    gateway: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Link:
    """A host's interface on a network.

    Attributes:
        device: the interface's name inside the host, for example `eth0`.
        address: IPv4 address without prefix length.
        mac: the fixed hardware address; a restarted host keeps it.
        aliases: further names under which the network's hosts know this address.
    """

    host: str
    network: str
    device: str
    address: str
    prefix: int
    mac: str
    aliases: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """`HOST/NETWORK`."""
        return f"{self.host}/{self.network}"


@dataclass(frozen=True)
class HostInfo:
    """One instance of a Compose service.

    Attributes:
        name: the service's name, with `-1`, `-2`, ... where it has replicas.
        service: the Compose service it is an instance of.
        links: in the order of the service's networks; the first holds the default route.
    """

    name: str
    service: str
    labels: Mapping[str, str] = field(default_factory=dict)
    links: tuple[Link, ...] = ()

    @property
    def role(self) -> str | None:
        """The label `chaoskit.role`."""
        return self.labels.get(ROLE)

    @property
    def region(self) -> str | None:
        """The label `chaoskit.region`."""
        return self.labels.get(REGION)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every IPv4 address, in the order of the links."""
        return tuple(link.address for link in self.links)


@dataclass(frozen=True)
class Topology:
    """A lab as data; it is drawn, selected from and recorded without the lab being up."""

    name: str
    hosts: tuple[HostInfo, ...]
    networks: tuple[Network, ...]

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """Every interface of every host."""
        return tuple(link for host in self.hosts for link in host.links)

    @cached_property
    def by_name(self) -> Mapping[str, HostInfo]:
        """Hosts by name."""
        return {host.name: host for host in self.hosts}

    @cached_property
    def by_address(self) -> Mapping[str, HostInfo]:
        """Hosts by each of their addresses."""
        return {address: host for host in self.hosts for address in host.addresses}

    def network(self, name: str) -> Network:
        """The network of that name; KeyError when there is none."""
        return {network.name: network for network in self.networks}[name]

    def link_to(self, address: str, host: HostInfo) -> Link:
        """The host's link on the network whose subnet holds an address, be it anybody's.

        Raises:
            UsageError: it is no IPv4 address, or the host is on no such network.
        """
        try:
            wanted = IPv4Address(address)
        except ValueError:
            raise UsageError(f"{address!r} is no IPv4 address", remedy="Write one such as 198.18.0.100.") from None
        subnets = [(link, self.network(link.network).subnet) for link in host.links]
        for link, subnet in subnets:
            if wanted in IPv4Network(subnet):
                return link
        known = ", ".join(f"{link.network} {subnet}" for link, subnet in subnets)
        raise UsageError(f"{host.name} is on no network that holds {address}", remedy=f"It is on: {known or 'none'}.")
