"""Addresses, subnets and hardware addresses of labs."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.errors import LabError
from chaoskit.core.lab import Lab
from chaoskit.labs import ipam
from chaoskit.labs.find import shipped_labs
from chaoskit.labs.load import load_lab


def test_blocks_are_apart_and_inside_the_labs_range() -> None:
    """No two shipped labs own a common address, none owns one of other labs or of client populations."""
    blocks = [*ipam.BLOCKS.values(), ipam.OTHERS, ipam.POPULATIONS]
    assert not [pair for pair in combinations(blocks, 2) if pair[0].overlaps(pair[1])]
    assert all(block.subnet_of(ipam.LABS) for block in [*ipam.BLOCKS.values(), ipam.OTHERS])


@pytest.mark.parametrize("name", shipped_labs())
def test_a_shipped_lab_keeps_to_its_block(name: str) -> None:
    """Every network of every shipped lab lies in the block the table gives it."""
    networks = load_lab(Lab(name)).topology.networks
    assert networks
    assert all(IPv4Network(network.subnet).subnet_of(ipam.BLOCKS[name]) for network in networks)


def test_a_mac_is_its_address() -> None:
    """02:42 and the four bytes of the IPv4 address, so that a restarted host is the one its neighbours know."""
    assert ipam.mac("198.18.1.10") == "02:42:c6:12:01:0a"


@given(st.text("abc-", min_size=1), st.lists(st.integers(1, 900), max_size=6))
def test_subnets_are_apart_large_enough_and_the_same_every_time(lab: str, counts: list[int]) -> None:
    """Each network has room for its hosts, and none overlaps another or a taken one."""
    taken = [IPv4Network("198.18.128.0/22"), IPv4Network("10.0.0.0/8")]
    chosen = ipam.subnets(lab, counts, taken)
    assert chosen == ipam.subnets(lab, counts, taken)
    assert all(subnet.num_addresses >= count + 3 for subnet, count in zip(chosen, counts, strict=True))
    assert not [pair for pair in combinations([*chosen, *taken], 2) if pair[0].overlaps(pair[1])]
    assert all(subnet.subnet_of(ipam.OTHERS) for subnet in chosen)


def test_a_full_block_is_an_error() -> None:
    """Networks that do not fit the lab's block are refused, with what to do."""
    with pytest.raises(LabError, match="no room for another network of 3000 hosts"):
        ipam.subnets("dns", [3000, 3000], [], block=ipam.BLOCKS["dns"])


@given(st.sets(st.integers(0, 63)))
def test_free_addresses_skip_taken_ones(taken: set[int]) -> None:
    """Neither the network's own address, its broadcast, the router's, nor a taken one is ever given out."""
    pool = IPv4Network("198.18.200.0/26")
    used = {pool.network_address + number for number in taken}
    free = list(ipam.addresses(pool, used))
    assert free == sorted(set(free))
    assert {int(address) - int(pool.network_address) for address in free} == set(range(2, 63)) - taken


def test_a_pair_of_addresses_has_no_broadcast() -> None:
    """A /31 is a link between two (RFC 3021): both addresses are hosts'."""
    free = list(ipam.addresses(IPv4Network("198.18.200.0/31"), []))
    assert free == [IPv4Address("198.18.200.0"), IPv4Address("198.18.200.1")]
