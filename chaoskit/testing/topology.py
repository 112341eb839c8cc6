"""Small labs as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address

from chaoskit.core.topology import REGION, ROLE, HostInfo, Link, Network, Topology


def host(
    name: str,
    address: str,
    *,
    role: str = "",
    region: str = "",
    service: str = "",
    network: str = "edge",
    labels: Mapping[str, str] | None = None,
) -> HostInfo:
    """A host with one interface on one /24 network.

    The service is by default the name without its replica number.
    """
    own = {**({ROLE: role} if role else {}), **({REGION: region} if region else {}), **(labels or {})}
    mac = "02:42:" + ":".join(f"{byte:02x}" for byte in IPv4Address(address).packed)
    link = Link(name, network, "eth0", address, 24, mac, (), own)
    return HostInfo(name, service or name.rstrip("0123456789").removesuffix("-"), own, (link,))


def client_host(name: str, address: str, region: str = "") -> HostInfo:
    """A host of role `client`."""
    return host(name, address, role="client", region=region)


def topology_of(hosts: Iterable[HostInfo], name: str = "test") -> Topology:
    """A topology with the networks its hosts' links name, each the /24 of its first address."""
    listed = tuple(hosts)
    subnets: dict[str, str] = {}
    for link in (link for host_ in listed for link in host_.links):
        subnets.setdefault(link.network, link.address.rsplit(".", 1)[0] + ".0/24")
    return Topology(name, listed, tuple(Network(net, subnet) for net, subnet in subnets.items()))


def two_regions(instances: int = 3) -> Topology:
    """Regions eu and na alike: a client, a resolver, a balancer and so many service instances each.

    client-eu -- lb-eu -- web-eu-1..n     Addresses: 198.18.<1 eu, 2 na>.<10 client, 20 resolver,
    client-na -- lb-na -- web-na-1..n     30 balancer, 101.. instances>
    """
    hosts: list[HostInfo] = []
    for number, region in ((1, "eu"), (2, "na")):
        net = f"198.18.{number}"
        hosts += [
            host(f"client-{region}", f"{net}.10", role="client", region=region, network=region),
            host(f"resolver-{region}", f"{net}.20", role="resolver", region=region, network=region),
            host(f"lb-{region}", f"{net}.30", role="balancer", region=region, network=region),
        ]
        hosts += [
            host(f"web-{region}-{i}", f"{net}.{100 + i}", role="service", region=region, network=region)
            for i in range(1, instances + 1)
        ]
    return topology_of(hosts, "two-regions")
