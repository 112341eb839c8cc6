"""ARP frames on a real network: who hears them, and whose table they change."""

from __future__ import annotations

import pytest

from chaoskit.kernel import arp
from chaoskit.kernel.namespaces import in_network, run_in_network
from tests.wire import Wire, until, wired

pytestmark = pytest.mark.lab

FLOATING = "198.18.1.100"


def mac(wire: Wire, name: str) -> str:
    """A host's hardware address."""
    return wire.topology.by_name[name].links[0].mac


def answers(wire: Wire, asked: str, within: float = 0.1) -> tuple[str, ...]:
    """Who answers host a."""
    return in_network(wire.networks["a"], lambda: arp.who_has("eth0", asked, within=within))


def test_nobody_one_and_two_owners_answer() -> None:
    """Each by the MAC of its interface."""
    with wired("a", "b", "c") as wire:
        assert answers(wire, FLOATING) == ()
        wire.ip("b", f"address add {FLOATING}/32 dev eth0")
        assert answers(wire, FLOATING) == (mac(wire, "b"),)
        wire.ip("c", f"address add {FLOATING}/32 dev eth0")
        assert set(answers(wire, FLOATING)) == {mac(wire, "b"), mac(wire, "c")}


def test_asking_changes_no_table() -> None:
    """A wrong entry of the asker stays wrong although the owner answers, and the owner learns of nobody."""
    with wired("a", "b", "c") as wire:
        # An entry is safe from answers for a second after its last change; in this test for a tick, so two are asked.
        run_in_network(wire.networks["a"], ["sysctl", "-w", "net.ipv4.neigh.eth0.locktime=0"])
        wire.ip("b", f"address add {FLOATING}/32 dev eth0")
        wire.ip("a", f"neighbour add {FLOATING} lladdr {mac(wire, 'c')} nud stale dev eth0")
        for _ in range(2):
            assert answers(wire, FLOATING) == (mac(wire, "b"),)
        assert wire.show("a", "neighbour") == f"{FLOATING} dev eth0 lladdr {mac(wire, 'c')} STALE \n"
        assert wire.show("b", "neighbour") == ""


def test_gratuitous_arp_changes_the_entry_of_whoever_has_one() -> None:
    """Host a knew the address at b and learns that it is at c; host b, which never asked, learns nothing."""
    with wired("a", "b", "c") as wire:
        wire.ip("a", f"neighbour add {FLOATING} lladdr {mac(wire, 'b')} nud reachable dev eth0")
        in_network(wire.networks["c"], lambda: arp.announce("eth0", FLOATING))
        assert until(lambda: mac(wire, "c") in wire.show("a", "neighbour"))
        assert wire.show("b", "neighbour") == ""


def test_an_interface_that_is_down_cannot_be_asked_from() -> None:
    """An error, not an empty answer."""
    with wired("a") as wire:
        wire.ip("a", "link set eth0 down")
        with pytest.raises(OSError, match="down"):
            answers(wire, FLOATING)
