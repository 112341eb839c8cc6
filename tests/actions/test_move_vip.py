"""`move_vip`: from whom an address goes to whom, and who is asked."""

import random

import pytest

from chaoskit.actions.move_vip import move_vip
from chaoskit.core.action import Action, Planning
from chaoskit.core.errors import UsageError
from chaoskit.core.selector import name, role
from chaoskit.core.units import NS
from chaoskit.engine.entries import planned_entry
from chaoskit.steps.move_address import MoveAddress
from chaoskit.steps.yield_address import YieldAddress
from chaoskit.testing import check_action, host, topology_of
from tests.wire import wired

VIP = "198.18.1.100"
PAIR = topology_of([host(f"lb-{n}", f"198.18.1.{n}", role="lb") for n in (1, 2)])


def planning() -> Planning:
    """Of the pair, for 10 s."""
    return Planning(PAIR, random.Random(1), 10 * NS)


@pytest.mark.lab
def test_it_keeps_the_contract_of_actions_on_real_networks() -> None:
    """Prepared, done, confirmed and undone, twice as well as once."""
    with wired("a", "b") as wire:
        wire.ip("a", f"address add {VIP}/32 dev eth0")
        steps = check_action(move_vip(VIP, name("a"), name("b")), wire.topology, lab=wire.lab)
        assert steps == (MoveAddress("a", "b", "eth0", VIP),)


def test_who_gets_the_address_is_hit_as_well() -> None:
    """Plans count both, and a host that is protected does not get it."""
    action = move_vip(VIP, name("lb-1"), name("lb-2"))
    entry = planned_entry("move", action, 0, NS, lambda _: action.steps(planning()), lambda _: ())
    assert entry.targets == ("lb-1", "lb-2")


def test_a_daemon_is_asked_at_the_holder_only() -> None:
    """Who gets the address then is the daemons' business."""
    (step,) = move_vip(VIP, name("lb-1"), track_file="/run/yield").steps(planning())
    assert step == YieldAddress("lb-1", VIP, "/run/yield")
    assert step.describe() == "lb-1: have keepalived give up 198.18.1.100, by -254 in /run/yield"


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (move_vip(VIP, name("lb-1")), "Give one of to= and track_file="),
        (move_vip(VIP, name("lb-1"), name("lb-2"), track_file="/run/yield"), "Give one of"),
        (move_vip(VIP, role("lb"), name("lb-2")), "means lb-1, lb-2, and an address has one holder"),
        (move_vip(VIP, name("lb-1"), name("lb-1")), "from lb-1 to lb-1 moves nothing"),
        (move_vip("198.18.9.9", name("lb-1"), name("lb-2")), "lb-2 is on no network that holds"),
    ],
)
def test_a_move_that_cannot_be_meant_is_a_usage_error(action: Action, message: str) -> None:
    """Before anything starts, with a remedy."""
    with pytest.raises(UsageError, match=message):
        action.steps(planning())
