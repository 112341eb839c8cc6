"""`loss` on a real network: the share is right, nobody is told, and undone it is as before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chaoskit.actions.loss import loss
from chaoskit.core.errors import UsageError
from chaoskit.core.selector import name
from chaoskit.testing import check_action, two_regions
from tests.packets import BY_RULES, as_found, evidence, flight, in_force, is_share, means_of
from tests.wire import Wire, wired

COUNT = 4000


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Three hosts on one bridge."""
    with wired("a", "b", "c") as hosts:
        yield hosts


@pytest.mark.lab
def test_it_keeps_the_contract_of_actions(wire: Wire) -> None:
    """Confirmed by the kernel, undone twice, for every host."""
    assert len(check_action(loss(name("*"), "5%"), wire.topology, lab=wire.lab)) == 3


@pytest.mark.lab
def test_ten_percent_are_lost_and_what_comes_back_is_not(wire: Wire) -> None:
    """Within the binomial interval, as the lab's own counters say; the other direction loses nothing."""
    before = as_found(wire, "a")
    with in_force(wire, loss(name("a"), 0.1)) as step:
        arrived = len(flight(wire, COUNT))
        assert is_share(COUNT - arrived, COUNT, 0.1)
        if means_of(step) == "rules":
            assert f"of {COUNT:,} packets {COUNT - arrived:,} hit" in evidence(wire, step).what
        assert means_of(step) in BY_RULES
        assert len(flight(wire, 500, sender="b", to="a")) == 500
    assert as_found(wire, "a") == before


@pytest.mark.lab
def test_towards_a_peer_only_that_peer_loses(wire: Wire) -> None:
    """Everything to b is lost, nothing to c; and the sender is not told: its socket takes every datagram."""
    with in_force(wire, loss(name("a"), 1, towards=name("b"))):
        assert flight(wire, 100) == []
        assert len(flight(wire, 100, to="c")) == 100


@pytest.mark.parametrize("share", [0, "0%", 1.2, "many", 1e-9])
def test_what_is_no_share_is_a_usage_error(share: str | float) -> None:
    """Before anything is done."""
    with pytest.raises(UsageError):
        check_action(loss(name("web-eu-1"), share), two_regions())


def test_a_host_that_sends_to_nobody_else_is_a_usage_error() -> None:
    """Towards itself there is no link."""
    with pytest.raises(UsageError, match="sends nothing towards"):
        check_action(loss(name("web-eu-1"), 0.1, towards=name("web-eu-1")), two_regions())
