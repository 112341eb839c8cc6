"""`block_port` on a real network: one port is silent, the host answers otherwise, and undone it is as before."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from chaoskit.actions.block_port import block_port
from chaoskit.core.action import Planning
from chaoskit.core.errors import UsageError
from chaoskit.core.selector import name
from chaoskit.core.units import NS
from chaoskit.testing import check_action, two_regions
from tests.wire import Wire, until, wired


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Two hosts on one bridge; `say` goes to UDP port 9000."""
    with wired("a", "b") as hosts:
        yield hosts


@pytest.mark.lab
def test_it_keeps_the_contract_of_actions(wire: Wire) -> None:
    """Confirmed by the kernel's table, undone twice."""
    assert len(check_action(block_port(name("*"), 80), wire.topology, lab=wire.lab)) == 2


@pytest.mark.lab
def test_what_comes_to_the_port_is_lost_and_counted(wire: Wire) -> None:
    """Another port's rule lets it pass; the port's own drops it; after undo it is heard again."""
    with wire.listener("a") as a:
        for port, heard in ((9001, True), (9000, False)):
            (step,) = block_port(name("a"), port, protocol="udp").steps(
                Planning(wire.topology, random.Random(1), 10 * NS)
            )
            prior = step.prepare(wire.lab)
            step.do(wire.lab, prior)
            wire.say("b", "a", "knock")
            if heard:
                assert a.recv(99) == b"knock"
            else:
                assert until(lambda step=step, prior=prior: "1 packets matched" in step.confirm(wire.lab, prior).what)
            step.undo(wire.lab, prior)
        wire.say("b", "a", "healed")
        assert a.recv(99) == b"healed"


@pytest.mark.parametrize("port", [0, 65536])
def test_what_is_no_port_is_a_usage_error(port: int) -> None:
    """Before anything is planned."""
    with pytest.raises(UsageError, match="is no port"):
        check_action(block_port(name("web-eu-1"), port), two_regions())
