"""The step that claims an address, on real networks."""

from collections.abc import Iterator

import pytest

from chaoskit.core.errors import StepError
from chaoskit.kernel import arp
from chaoskit.kernel.namespaces import in_network
from chaoskit.steps.claim_address import ClaimAddress
from tests.wire import Wire, until, wired

pytestmark = pytest.mark.lab

VIP = "198.18.1.100"
LOUD = ClaimAddress("b", "edge", "eth0", VIP)
QUIET = ClaimAddress("b", "edge", "eth0", VIP, announce=False)


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Host a holds the address, the client knows that, and b does not have it."""
    with wired("client", "a", "b") as hosts:
        hosts.ip("a", f"address add {VIP}/32 dev eth0")
        hosts.ip("client", f"neighbour add {VIP} lladdr {mac(hosts, 'a')} nud reachable dev eth0")
        yield hosts


def mac(wire: Wire, name: str) -> str:
    """A host's hardware address."""
    return wire.topology.by_name[name].links[0].mac


def owners(wire: Wire) -> set[str]:
    """Whoever answers the client for the address."""
    return set(in_network(wire.networks["client"], lambda: arp.who_has("eth0", VIP, within=0.1)))


def known_at(wire: Wire, name: str) -> bool:
    """Whether the client believes the address to be there."""
    return mac(wire, name) in wire.show("client", "neighbour", "show", VIP)


def test_an_announced_claim_makes_a_second_owner_and_wins_the_client(wire: Wire) -> None:
    """Undone there is one owner again, twice as well as once; the client is not told."""
    prior = LOUD.prepare(wire.lab)
    assert not LOUD.confirm(wire.lab, prior).holds
    LOUD.do(wire.lab, prior)
    seen = LOUD.confirm(wire.lab, prior)
    assert (seen.holds, seen.what) == (True, f"b/edge: {VIP} is on eth0")
    assert owners(wire) == {mac(wire, "a"), mac(wire, "b")}
    assert until(lambda: known_at(wire, "b"))
    for _ in range(2):
        LOUD.undo(wire.lab, prior)
        assert owners(wire) == {mac(wire, "a")}
    assert known_at(wire, "b")


def test_a_quiet_claim_leaves_the_client_where_it_is(wire: Wire) -> None:
    """There are two owners, and who knew the first goes on with it."""
    prior = QUIET.prepare(wire.lab)
    QUIET.do(wire.lab, prior)
    assert owners(wire) == {mac(wire, "a"), mac(wire, "b")}
    assert known_at(wire, "a")


def test_who_has_the_address_cannot_claim_it(wire: Wire) -> None:
    """A step error before anything is done: it would be confirmed although there is one owner as before."""
    with pytest.raises(StepError, match=r"a holds 198\.18\.1\.100 already, on eth0"):
        ClaimAddress("a", "edge", "eth0", VIP).prepare(wire.lab)
    assert owners(wire) == {mac(wire, "a")}


def test_an_interface_that_is_down_cannot_announce(wire: Wire) -> None:
    """A step error that says so, and the undo takes off what had been added."""
    wire.ip("b", "link set eth0 down")
    prior = LOUD.prepare(wire.lab)
    with pytest.raises(StepError, match="Network is down"):
        LOUD.do(wire.lab, prior)
    LOUD.undo(wire.lab, prior)
    assert VIP not in wire.show("b", "address")


def test_a_host_that_is_off_has_nothing_to_undo(wire: Wire) -> None:
    """Its addresses went with it."""
    prior = LOUD.prepare(wire.lab)
    LOUD.do(wire.lab, prior)
    wire.lab.hosts["b"].power_off()
    LOUD.undo(wire.lab, prior)
    assert not LOUD.confirm(wire.lab, prior).holds
