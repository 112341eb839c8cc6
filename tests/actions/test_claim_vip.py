"""`claim_vip`: who claims an address, and where."""

import pytest

from chaoskit.actions.claim_vip import claim_vip
from chaoskit.core.errors import UsageError
from chaoskit.core.selector import name, role
from chaoskit.core.topology import HostInfo, Link, Network, Topology
from chaoskit.steps.claim_address import ClaimAddress
from chaoskit.testing import check_action, two_regions
from tests.wire import wired

LINKS = (
    Link("lb", "back", "eth0", "198.18.2.5", 24, "02:42:c6:12:02:05"),
    Link("lb", "front", "eth1", "198.18.1.5", 24, "02:42:c6:12:01:05"),
)
PAIR = Topology(
    "pair", (HostInfo("lb", "lb", links=LINKS),), (Network("back", "198.18.2.0/24"), Network("front", "198.18.1.0/24"))
)


def test_the_address_goes_onto_the_interface_of_its_network() -> None:
    """Not onto the first one; announced unless asked not to be."""
    assert check_action(claim_vip("198.18.1.100", name("lb")), PAIR) == (
        ClaimAddress("lb", "front", "eth1", "198.18.1.100"),
    )
    (quiet,) = check_action(claim_vip("198.18.2.100", name("lb"), announce=False), PAIR)
    assert quiet == ClaimAddress("lb", "back", "eth0", "198.18.2.100", announce=False)
    assert quiet.describe() == "lb/back: take 198.18.2.100 on eth0, without gratuitous ARP"


def test_a_claimant_without_a_network_for_it_is_a_usage_error() -> None:
    """Before anything starts."""
    with pytest.raises(UsageError, match="lb-na is on no network that holds"):
        check_action(claim_vip("198.18.1.100", role("balancer")), two_regions())


@pytest.mark.lab
def test_it_keeps_the_contract_of_actions_on_real_networks() -> None:
    """Prepared, done, confirmed and undone, twice as well as once."""
    with wired("a", "b") as wire:
        check_action(claim_vip("198.18.1.100", name("b")), wire.topology, lab=wire.lab)
