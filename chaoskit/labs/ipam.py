"""Addresses of labs: which lab owns which subnets, which host gets which address and MAC.

    198.18.0.0/17     one /20 a shipped lab, from the table below
    198.18.128.0/17   networks of other files that name no subnet, starting where the lab's name hashes to
    198.19.0.0/16     client populations; no lab takes an address of it

198.18.0.0/15 is set aside for benchmarks of network equipment (RFC 2544, RFC 6890): it is routed nowhere.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network

from chaoskit.core.errors import LabError

LABS = IPv4Network("198.18.0.0/16")
POPULATIONS = IPv4Network("198.19.0.0/16")
OTHERS = IPv4Network("198.18.128.0/17")

_OWNERS = ("dns", "gslb", "lb", "demand", "bogon", "routing", "discovery", "vip")
BLOCKS = dict(zip(_OWNERS, LABS.subnets(new_prefix=20), strict=False))
"""Shipped lab to the block that holds all its subnets."""

_SPARE = 16
"""Addresses a subnet of our choosing has beyond its hosts: for virtual addresses and what joins later."""


def mac(address: str) -> str:
    """The hardware address that belongs to an IPv4 address: 02:42 and its four bytes, as Docker has it."""
    return "02:42:" + ":".join(f"{byte:02x}" for byte in IPv4Address(address).packed)


def subnets(
    lab: str, hosts: Iterable[int], taken: Iterable[IPv4Network], *, block: IPv4Network = OTHERS
) -> list[IPv4Network]:
    """A subnet for each network that names none, by how many hosts it has.

    The same lab gets the same subnets every time, and never one that overlaps a taken one.
    A shipped lab gets them from its own block.

    Raises:
        LabError: the lab's block is used up.
    """
    used = list(taken)
    chosen: list[IPv4Network] = []
    for count in hosts:
        subnet = next((each for each in _candidates(lab, block, count) if not _overlaps(each, used)), None)
        if subnet is None:
            raise LabError(
                f"lab {lab}: {block} has no room for another network of {count} hosts",
                remedy="Give the network a subnet of its own: ipam: {config: [{subnet: ...}]}.",
            )
        chosen.append(subnet)
        used.append(subnet)
    return chosen


def addresses(pool: IPv4Network, taken: Iterable[IPv4Address]) -> Iterator[IPv4Address]:
    """Free addresses of a pool, ascending; the first one is left to whoever routes."""
    used = set(taken)
    first = pool.network_address + 2 if pool.prefixlen < 31 else pool.network_address
    last = pool.broadcast_address - 1 if pool.prefixlen < 31 else pool.broadcast_address
    candidates = (IPv4Address(number) for number in range(int(first), int(last) + 1))
    return (address for address in candidates if address not in used)


def _candidates(lab: str, block: IPv4Network, count: int) -> Iterator[IPv4Network]:
    prefix = min(24, 32 - (count + _SPARE).bit_length())
    if prefix < block.prefixlen:
        return
    size = 2 ** (prefix - block.prefixlen)
    start = 0 if block != OTHERS else zlib.crc32(lab.encode()) % size
    for number in range(size):
        offset = ((start + number) % size) << (32 - prefix)
        yield IPv4Network((int(block.network_address) + offset, prefix))


def _overlaps(subnet: IPv4Network, others: Iterable[IPv4Network]) -> bool:
    return any(subnet.overlaps(other) for other in others)
