"""The step that moves an address, on real networks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chaoskit.core.errors import StepError
from chaoskit.engine.journal import Journal
from chaoskit.engine.ledger import Ledger
from chaoskit.steps.move_address import MoveAddress
from chaoskit.testing import FakeClock
from tests.wire import Wire, until, wired

pytestmark = pytest.mark.lab

VIP = "198.18.1.100"
STEP = MoveAddress("a", "b", "eth0", VIP)


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Host a holds the address, with the prefix of its network, and the client knows that."""
    with wired("client", "a", "b") as hosts:
        hosts.ip("a", f"address add {VIP}/24 dev eth0")
        mac = hosts.topology.by_name["a"].links[0].mac
        hosts.ip("client", f"neighbour add {VIP} lladdr {mac} nud reachable dev eth0")
        yield hosts


def holders(wire: Wire) -> list[str]:
    """Whoever has the address, as it has it."""
    return [name for name in ("a", "b") if f"{VIP}/24" in wire.show(name, "-4", "-o", "address")]


def client_knows(wire: Wire, name: str) -> bool:
    """Whether the client's ARP entry leads to that host."""
    return wire.topology.by_name[name].links[0].mac in wire.show("client", "neighbour", "show", VIP)


def test_the_address_goes_over_and_comes_back_and_the_client_follows(wire: Wire) -> None:
    """One holder at the end of every call, the prefix goes along, and undoing twice is undoing."""
    prior = STEP.prepare(wire.lab)
    assert not STEP.confirm(wire.lab, prior).holds
    STEP.do(wire.lab, prior)
    seen = STEP.confirm(wire.lab, prior)
    assert (seen.holds, seen.what) == (True, f"{VIP}: a does not have it, b has it")
    assert holders(wire) == ["b"]
    assert until(lambda: client_knows(wire, "b"))
    for _ in range(2):
        STEP.undo(wire.lab, prior)
        assert holders(wire) == ["a"]
    assert until(lambda: client_knows(wire, "a"))
    assert not STEP.confirm(wire.lab, prior).holds


def test_undo_without_do_changes_nothing(wire: Wire) -> None:
    """The holder keeps it."""
    STEP.undo(wire.lab, STEP.prepare(wire.lab))
    assert holders(wire) == ["a"]


def test_only_the_holder_can_give_it_up(wire: Wire) -> None:
    """A wrong holder, and an address that both have, are errors before anything is changed."""
    with pytest.raises(StepError, match=r"b does not hold 198\.18\.1\.100"):
        MoveAddress("b", "client", "eth0", VIP).prepare(wire.lab)
    wire.ip("b", f"address add {VIP}/24 dev eth0")
    with pytest.raises(StepError, match=r"b holds .* already, as a does"):
        STEP.prepare(wire.lab)


def test_a_new_holder_that_is_gone_is_moved_back_from(wire: Wire) -> None:
    """The old one gets the address although the new one cannot be asked to give it up."""
    prior = STEP.prepare(wire.lab)
    STEP.do(wire.lab, prior)
    wire.lab.hosts["b"].power_off()
    assert not STEP.confirm(wire.lab, prior).holds
    STEP.undo(wire.lab, prior)
    assert "a" in holders(wire)


def test_a_new_holder_that_comes_back_gets_the_address_again(wire: Wire, tmp_path: Path) -> None:
    """The ledger does the move again on either host's new network, also while the old holder is off."""
    ledger = Ledger(wire.lab, Journal(tmp_path / "journal"), FakeClock())
    ledger.apply("move", [STEP], None)
    for _ in range(2):
        wire.ip("b", f"address del {VIP}/24 dev eth0")  # as a power cycle of b leaves it
        assert holders(wire) == []
        assert [(one.what, one.failures) for one in ledger.reapply("b")] == [("done again", ())]
        assert holders(wire) == ["b"]
        wire.lab.hosts["a"].power_off()
    wire.lab.hosts["a"].start()
    wire.ip("a", f"address add {VIP}/24 dev eth0")
    assert [one.failures for one in ledger.reapply("a")] == [()]
    assert holders(wire) == ["b"]
    assert ledger.reapply("client") == ()


def test_an_old_holder_that_is_gone_gets_nothing_back(wire: Wire) -> None:
    """The new one gives it up all the same: nothing of the step is left."""
    prior = STEP.prepare(wire.lab)
    STEP.do(wire.lab, prior)
    wire.lab.hosts["a"].power_off()
    assert STEP.confirm(wire.lab, prior).holds
    STEP.undo(wire.lab, prior)
    assert holders(wire) == []
