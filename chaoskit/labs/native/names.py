"""The files by which a host knows names: /etc/hosts, /etc/resolv.conf and /etc/hostname."""

from __future__ import annotations

from collections.abc import Mapping

from chaoskit.core.topology import HostInfo, Link, Topology
from chaoskit.labs.spec import HostSpec

_LOCAL = "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n"

Etc = Mapping[str, tuple[str, ...]]
"""Pieces of text by file name; hosts of one network share the piece that lists it."""


def network_blocks(topology: Topology) -> dict[str, str]:
    """For each network the lines that name its hosts, their services and aliases.

    A service with replicas has a line for each of them, so that a resolver sees all addresses.
    """
    lines: dict[str, list[str]] = {network.name: [] for network in topology.networks}
    for host in topology.hosts:
        for link in host.links:
            lines[link.network].append(_line(host, link))
    return {name: "".join(found) for name, found in lines.items()}


def _line(host: HostInfo, link: Link) -> str:
    words = dict.fromkeys([host.name, host.service, *link.aliases])
    return f"{link.address} {' '.join(words)}\n"


def etc(spec: HostSpec, info: HostInfo, topology: Topology, blocks: Mapping[str, str]) -> Etc:
    """The private files of one host: it knows the names on its own networks, as in Compose."""
    hostname = spec.hostname or info.name
    full = f"{hostname}.{spec.domainname} {hostname}" if spec.domainname else hostname
    own = f"{info.links[0].address} {full}\n" if info.links else f"127.0.0.1 {full}\n"
    extra = "".join(f"{_extra(address, info, topology)} {name}\n" for name, address in spec.extra_hosts.items())
    networks = [blocks[link.network] for link in info.links]
    return {
        "hosts": (_LOCAL, own, extra, *networks),
        "resolv.conf": (resolv_conf(spec),),
        "hostname": (f"{hostname}\n",),
    }


def _extra(address: str, info: HostInfo, topology: Topology) -> str:
    """`host-gateway` is the gateway of the host's first network; without one it leads nowhere."""
    if address != "host-gateway":
        return address
    gateway = topology.network(info.links[0].network).gateway if info.links else None
    return gateway or "127.0.0.1"


def resolv_conf(spec: HostSpec) -> str:
    """See resolv.conf(5); without `dns` only /etc/hosts answers, and look-ups of other names fail at once."""
    lines = [f"nameserver {server}" for server in spec.dns]
    lines += [f"search {' '.join(spec.dns_search)}"] if spec.dns_search else []
    lines += [f"options {' '.join(spec.dns_opt)}"] if spec.dns_opt else []
    return "".join(f"{line}\n" for line in lines)
