"""The interfaces of every host: network, address, MAC and names, all decided before anything starts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address

from chaoskit.core.errors import LabError
from chaoskit.core.topology import Link
from chaoskit.labs import ipam
from chaoskit.labs.compose.fields import Fields
from chaoskit.labs.compose.services import Instance, attachments
from chaoskit.labs.compose.subnets import Subnet, ipv4

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


def links(
    hosts: Sequence[Instance], subnets: Mapping[str, Subnet], labels: Mapping[str, Mapping[str, str]]
) -> dict[str, tuple[Link, ...]]:
    """The links of each host; `labels` are the hosts', which selectors of links look at.

    Raises:
        LabError: two hosts ask for one address, or an address is not of its network.
    """
    chosen = {name: _addresses(name, subnet, hosts) for name, subnet in subnets.items()}
    return {host.name: tuple(_links(host, subnets, chosen, labels[host.name])) for host in hosts}


def _links(
    host: Instance,
    subnets: Mapping[str, Subnet],
    chosen: Mapping[str, Mapping[str, IPv4Address]],
    labels: Mapping[str, str],
) -> list[Link]:
    found = []
    for number, (network, entry) in enumerate(attachments(host.fields)):
        address = str(chosen[network][host.name])
        device = entry.text("interface_name") or f"eth{number}"
        hardware = _mac(host, entry, network) or ipam.mac(address)
        prefix = subnets[network].network.prefixlen
        found.append(Link(host.name, network, device, address, prefix, hardware, _aliases(host, entry), labels))
    return found


def _aliases(host: Instance, entry: Fields) -> tuple[str, ...]:
    """Names besides the host's own: the service's, the container's, and those the file adds."""
    container = host.fields.text("container_name")
    names = [host.service, *([container] if container else []), *entry.texts("aliases")]
    return tuple(name for name in dict.fromkeys(names) if name != host.name)


def _mac(host: Instance, entry: Fields, network: str) -> str:
    """A hardware address the file asks for: on the network, or of the service for its first one."""
    first = next(iter(attachments(host.fields)))[0] == network
    fields = entry if entry.has("mac_address") or not first else host.fields
    text = fields.text("mac_address").lower().replace("-", ":")
    if text and not _MAC.fullmatch(text):
        raise fields.mistake("mac_address", f"{text!r} is no MAC address", "Write one such as 02:42:c6:12:00:02.")
    return text


def _addresses(network: str, subnet: Subnet, hosts: Sequence[Instance]) -> dict[str, IPv4Address]:
    """An address for each host of a network: those the file names first, then the others in order."""
    members = [(host, entry) for host in hosts for name, entry in attachments(host.fields) if name == network]
    fixed: dict[IPv4Address, str] = {}
    chosen: dict[str, IPv4Address] = {}
    for host, entry in members:
        if entry.has("ipv4_address"):
            address = _fixed(network, subnet, entry)
            if address in fixed:
                raise _double(entry, address, host.name, fixed[address])
            fixed[address] = host.name
            chosen[host.name] = address
    free = ipam.addresses(subnet.pool, {*fixed, *subnet.reserved})
    for host, entry in members:
        if host.name not in chosen:
            address = next(free, IPv4Address(0))
            if address == IPv4Address(0):
                raise entry.mistake("", f"{subnet.pool} has no address left for {host.name}", "Widen the subnet.")
            chosen[host.name] = address
    return chosen


def _fixed(network: str, subnet: Subnet, entry: Fields) -> IPv4Address:
    address = ipv4(entry, "ipv4_address")
    if not subnet.given:
        remedy = f"Add it: networks: {{{network}: {{ipam: {{config: [{{subnet: ...}}]}}}}}}."
        raise entry.mistake("ipv4_address", f"the network {network} names no subnet for {address} to be in", remedy)
    if address not in subnet.network:
        raise entry.mistake("ipv4_address", f"{address} lies outside {subnet.network} of network {network}")
    if subnet.network.prefixlen < 31 and address in (subnet.network.network_address, subnet.network.broadcast_address):
        raise entry.mistake("ipv4_address", f"{address} is no host's address in {subnet.network}")
    return address


def _double(entry: Fields, address: IPv4Address, host: str, other: str) -> LabError:
    remedy = "Give each an address of its own, or leave out ipv4_address: then every host gets one."
    return entry.mistake("ipv4_address", f"{address} is asked for by both {other} and {host}", remedy)
