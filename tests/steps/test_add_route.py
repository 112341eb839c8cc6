"""The step that adds a route, on real networks: addresses that become a host's own, and the way to them."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from chaoskit.core.errors import StepError
from chaoskit.kernel.namespaces import in_network
from chaoskit.steps.add_route import AddRoute
from tests.wire import Wire, wired

pytestmark = pytest.mark.lab

PREFIX = "198.19.16.0/20"
OWN = AddRoute("client", PREFIX, "lo")
BACK = AddRoute("web", PREFIX, "eth0", "198.18.1.1")


@pytest.fixture
def wire() -> Iterator[Wire]:
    """A client and a server on one network, without any other route."""
    with wired("client", "web") as hosts:
        yield hosts


def exchange(wire: Wire, source: str) -> str:
    """Who the server says has connected, of a client that comes from an address."""
    with in_network(wire.networks["web"], lambda: socket.create_server(("0.0.0.0", 9001))) as listener:

        def ask() -> str:
            with socket.create_connection((wire.address("web"), 9001), 2, source_address=(source, 0)):
                accepted, (peer, _) = listener.accept()
                accepted.close()
                return str(peer)

        return in_network(wire.networks["client"], ask)


def test_any_address_of_the_prefix_is_the_hosts_and_answers_find_it(wire: Wire) -> None:
    """From the first to the last; undone, once as well as twice, the routes are as they were."""
    before = {name: wire.show(name, "route", "show", "table", "all") for name in ("client", "web")}
    priors = [(step, step.prepare(wire.lab)) for step in (OWN, BACK)]
    assert not any(step.confirm(wire.lab, prior).holds for step, prior in priors)
    for step, prior in priors:
        step.do(wire.lab, prior)
        step.do(wire.lab, prior)
        assert step.confirm(wire.lab, prior).holds
    assert [exchange(wire, source) for source in ("198.19.16.1", "198.19.31.254")] == ["198.19.16.1", "198.19.31.254"]
    for step, prior in (*priors, *priors):
        step.undo(wire.lab, prior)
    assert {name: wire.show(name, "route", "show", "table", "all") for name in ("client", "web")} == before


def test_a_route_that_was_there_stays(wire: Wire) -> None:
    """Undoing takes away what the step added, and nothing else."""
    wire.ip("web", f"route add {PREFIX} via 198.18.1.1 dev eth0 proto static")
    prior = BACK.prepare(wire.lab)
    BACK.do(wire.lab, prior)
    BACK.undo(wire.lab, prior)
    assert PREFIX in wire.show("web", "route")


def test_another_route_for_the_prefix_is_an_error(wire: Wire) -> None:
    """It is left as it is: whoever made it meant it."""
    wire.ip("web", f"route add {PREFIX} via 198.18.1.9 dev eth0")
    prior = BACK.prepare(wire.lab)
    with pytest.raises(StepError, match=r"route 198\.19\.16\.0/20 via 198\.18\.1\.1 on eth0: .*File exists"):
        BACK.do(wire.lab, prior)
    assert "via 198.18.1.9" in wire.show("web", "route")


def test_a_host_that_is_off_has_nothing_to_undo(wire: Wire) -> None:
    """Its routes went with it."""
    prior = OWN.prepare(wire.lab)
    OWN.do(wire.lab, prior)
    wire.lab.hosts["client"].power_off()
    OWN.undo(wire.lab, prior)
    assert not OWN.confirm(wire.lab, prior).holds


def test_an_interface_that_is_not_there_is_an_error(wire: Wire) -> None:
    """And so is what is no prefix."""
    with pytest.raises(StepError, match="No such device"):
        AddRoute("web", PREFIX, "eth7", "198.18.1.1").prepare(wire.lab)
    with pytest.raises(StepError, match="nonsense"):
        AddRoute("web", "nonsense", "eth0").prepare(wire.lab)
