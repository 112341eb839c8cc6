"""The link step on real networks."""

from collections.abc import Iterator

import pytest

from chaoskit.core.errors import StepError
from chaoskit.steps.link import SetLink
from tests.wire import Wire, wired

pytestmark = pytest.mark.lab

STEP = SetLink("a", "edge", "eth0")


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Hosts a and b on one bridge; a has a default route and a permanent neighbour."""
    with wired("a", "b") as hosts:
        hosts.ip(
            "a",
            "route add default via 198.18.1.2",
            "neighbour add 198.18.1.9 lladdr 02:42:00:00:00:01 nud permanent dev eth0",
        )
        yield hosts


def _routes(wire: Wire) -> str:
    return wire.show("a", "-4", "route", "show", "table", "all") + wire.show(
        "a", "neighbour", "show", "nud", "permanent"
    )


def test_the_link_is_down_by_the_kernels_word_and_comes_back_with_its_routes(wire: Wire) -> None:
    """Routes and permanent neighbours, which the kernel forgets, are as before; undone twice they still are."""
    before = _routes(wire)
    prior = STEP.prepare(wire.lab)
    assert not STEP.confirm(wire.lab, prior).holds
    STEP.do(wire.lab, prior)
    seen = STEP.confirm(wire.lab, prior)
    assert (seen.holds, seen.what) == (True, "a/edge: eth0 is set down, operstate DOWN")
    assert _routes(wire) != before
    for _ in range(2):
        STEP.undo(wire.lab, prior)
        assert not STEP.confirm(wire.lab, prior).holds
        assert _routes(wire) == before


def test_packets_arrive_again_after_the_undo(wire: Wire) -> None:
    """With the link down they cannot even be sent; afterwards they are heard."""
    prior = STEP.prepare(wire.lab)
    STEP.do(wire.lab, prior)
    with wire.listener("b") as b:
        with pytest.raises(OSError, match="unreachable"):
            wire.say("a", "b", "lost")
        STEP.undo(wire.lab, prior)
        wire.say("a", "b", "healed")
        assert b.recv(99) == b"healed"


def test_undo_without_do_changes_nothing(wire: Wire) -> None:
    """The link stays up, with what it had."""
    before = _routes(wire)
    STEP.undo(wire.lab, STEP.prepare(wire.lab))
    assert _routes(wire) == before


def test_a_route_somebody_made_meanwhile_stays(wire: Wire) -> None:
    """Undo adds what is missing of the old; it takes nothing away."""
    prior = STEP.prepare(wire.lab)
    STEP.do(wire.lab, prior)
    wire.ip("a", "link set eth0 up", "route add default via 198.18.1.3 metric 5")
    STEP.undo(wire.lab, prior)
    defaults = wire.show("a", "-4", "route", "show", "default")
    assert "via 198.18.1.2" in defaults
    assert "via 198.18.1.3" in defaults


def test_a_link_that_was_down_stays_down(wire: Wire) -> None:
    """Undo restores what prepare read, whatever the step set."""
    wire.ip("a", "link set eth0 down")
    up = SetLink("a", "edge", "eth0", up=True)
    prior = up.prepare(wire.lab)
    up.do(wire.lab, prior)
    assert up.confirm(wire.lab, prior).holds
    for step in (up, STEP):
        step.undo(wire.lab, prior)
        assert STEP.confirm(wire.lab, prior).holds


def test_an_interface_that_is_not_there_is_a_step_error(wire: Wire) -> None:
    """The message names the link and the interface."""
    with pytest.raises(StepError, match=r"a/edge: set eth7 down: .*eth7"):
        SetLink("a", "edge", "eth7").prepare(wire.lab)


def test_a_host_that_is_off_has_nothing_to_undo(wire: Wire) -> None:
    """Its interfaces went with it, and come back up with it."""
    prior = STEP.prepare(wire.lab)
    STEP.do(wire.lab, prior)
    wire.lab.hosts["a"].power_off()
    STEP.undo(wire.lab, prior)
    assert not STEP.confirm(wire.lab, prior).holds
