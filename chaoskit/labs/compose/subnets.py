"""The subnet, gateway and reserved addresses of each network a lab uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from chaoskit.labs import ipam
from chaoskit.labs.compose.fields import Fields
from chaoskit.labs.compose.mistake import nearest
from chaoskit.labs.compose.services import Services, attachments, replicas

IMPLICIT = ("default", "bridge")
"""Networks a file may use without declaring them."""


@dataclass(frozen=True)
class Subnet:
    """One network's addresses.

    Attributes:
        given: whether the file names the subnet, and so may name addresses in it.
        pool: where addresses that the file does not name come from.
        reserved: addresses of the subnet that no host gets unless the file says so.
    """

    fields: Fields
    network: IPv4Network
    given: bool
    gateway: IPv4Address | None
    pool: IPv4Network
    reserved: frozenset[IPv4Address]


def subnets(lab: str, block: IPv4Network, root: Fields, services: Services) -> dict[str, Subnet]:
    """Every network that a service joins, in the file's order.

    Raises:
        LabError: a network is not declared, or its addresses make no sense.
    """
    counts = _counts(root, services)
    declared = {name: _declared(root.at("networks").at(name)) for name in counts}
    given = [subnet.network for subnet in declared.values() if subnet is not None]
    open_names = [name for name, subnet in declared.items() if subnet is None]
    chosen = ipam.subnets(lab, [counts[name] for name in open_names], given, block=block)
    free = dict(zip(open_names, chosen, strict=True))
    return {
        name: subnet or Subnet(root.at("networks").at(name), free[name], False, None, free[name], frozenset())
        for name, subnet in declared.items()
    }


def _counts(root: Fields, services: Services) -> dict[str, int]:
    """How many hosts each used network has."""
    used: dict[str, int] = {}
    for fields in services.values():
        for name, entry in attachments(fields):
            if name not in root.at("networks").names and name not in IMPLICIT:
                known = root.at("networks").names
                raise entry.mistake("", f"there is no network {name!r}", f"{nearest(name, known)} Or declare it.")
            used[name] = used.get(name, 0) + replicas(fields)
    ordered = [name for name in root.at("networks").names if name in used]
    return {name: used[name] for name in (*ordered, *(name for name in used if name not in ordered))}


def pools(network: Fields) -> Mapping[str, Fields]:
    """The IPv4 pools of a network's `ipam.config`, by subnet; those without a subnet are left out."""
    found = dict(network.at("ipam").at("config").each())
    return {text: fields for text, fields in found.items() if text and ":" not in text}


def _declared(network: Fields) -> Subnet | None:
    for fields in pools(network).values():
        subnet = _network(fields, "subnet")
        gateway = _inside(fields, "gateway", subnet)
        auxiliary = fields.at("aux_addresses")
        reserved = {_inside(auxiliary, key, subnet) for key in auxiliary.names} | {gateway}
        pool = _network(fields, "ip_range") if fields.has("ip_range") else subnet
        return Subnet(network, subnet, True, gateway, pool, frozenset(each for each in reserved if each))
    return None


def _inside(fields: Fields, key: str, subnet: IPv4Network) -> IPv4Address | None:
    if not fields.has(key):
        return None
    address = ipv4(fields, key)
    if address not in subnet:
        raise fields.mistake(key, f"{address} lies outside {subnet}")
    return address


def ipv4(fields: Fields, key: str) -> IPv4Address:
    """An IPv4 address.

    Raises:
        LabError: it is none.
    """
    try:
        return IPv4Address(fields.text(key))
    except ValueError as error:
        raise fields.mistake(key, f"{fields.text(key)!r} is no IPv4 address") from error


def _network(fields: Fields, key: str) -> IPv4Network:
    try:
        return IPv4Network(fields.text(key), strict=False)
    except ValueError as error:
        remedy = "Write one such as 198.18.200.0/24."
        raise fields.mistake(key, f"{fields.text(key)!r} is no IPv4 subnet", remedy) from error
