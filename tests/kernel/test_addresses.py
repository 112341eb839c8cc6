"""Addresses and neighbours by netlink, judged by ip(8)."""

from __future__ import annotations

from functools import partial

import pytest

from chaoskit.kernel import addresses
from chaoskit.kernel.addresses import Held, Neighbour
from chaoskit.kernel.namespaces import in_network
from tests.wire import until, wired

pytestmark = pytest.mark.lab

FLOATING = "198.18.1.100"


def test_an_address_is_held_from_taking_it_to_releasing_it() -> None:
    """Both can be said twice; ip(8) sees the same, and the host's own address stays."""
    with wired("a") as wire:
        inside = partial(in_network, wire.networks["a"])
        assert inside(lambda: addresses.held(FLOATING)) is None
        for _ in range(2):
            inside(lambda: addresses.take("eth0", FLOATING, 32))
            assert inside(lambda: addresses.held(FLOATING)) == Held("eth0", 32)
        assert f"{FLOATING}/32" in wire.show("a", "-4", "-o", "address")
        for _ in range(2):
            inside(lambda: addresses.release("eth0", FLOATING, 32))
            assert inside(lambda: addresses.held(FLOATING)) is None
        assert inside(lambda: addresses.held("198.18.1.1")) == Held("eth0", 24)


def test_a_whole_table_is_read_when_it_takes_many_messages() -> None:
    """The last of 600 addresses is found: the dump does not end with its first message."""
    with wired("a") as wire:
        wire.ip("a", *(f"address add 198.18.{2 + n // 250}.{1 + n % 250}/32 dev eth0" for n in range(600)))
        assert in_network(wire.networks["a"], lambda: addresses.held("198.18.4.100")) == Held("eth0", 32)
        assert in_network(wire.networks["a"], lambda: addresses.held("198.18.4.101")) is None


def test_an_interface_that_is_not_there_is_an_error() -> None:
    """The kernel's word for it comes through."""
    with wired("a") as wire, pytest.raises(OSError, match="No such device"):
        in_network(wire.networks["a"], lambda: addresses.take("eth7", FLOATING, 32))


def test_neighbours_have_their_mac_and_state() -> None:
    """One that answered, one that never did, one that was put there; loopback and multicast are no neighbours."""
    with wired("a", "b") as wire:
        wire.ip("a", "neighbour add 198.18.1.9 lladdr 02:42:00:00:00:01 nud permanent dev eth0")
        wire.say("a", "b", "hello")
        mac = wire.topology.by_name["b"].links[0].mac

        def listed() -> set[Neighbour]:
            return set(in_network(wire.networks["a"], lambda: list(addresses.neighbours())))

        wanted = {
            Neighbour("198.18.1.9", "eth0", "02:42:00:00:00:01", "PERMANENT"),
            Neighbour("198.18.1.2", "eth0", mac, "REACHABLE"),
        }
        assert until(lambda: listed() == wanted), listed()
