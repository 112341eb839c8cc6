"""Routes as the kernel has them, judged against what ip(8) was told to make."""

from ipaddress import IPv4Address, IPv4Network

import pytest

from chaoskit.kernel.namespaces import in_network
from chaoskit.kernel.routes import Route, exactly, towards
from tests.wire import Wire, wired

pytestmark = pytest.mark.lab


def way(wire: Wire, destination: str) -> Route:
    """The route host a would take."""
    return in_network(wire.networks["a"], lambda: towards(IPv4Address(destination)))


def held(wire: Wire, prefix: str) -> tuple[Route, ...]:
    """Host a's routes for exactly a prefix."""
    return in_network(wire.networks["a"], lambda: exactly(IPv4Network(prefix)))


def test_a_route_has_its_device_next_hop_maker_and_metric() -> None:
    """What the kernel made for the link, what somebody wrote by hand, and what a routing daemon brought."""
    with wired("a", "b") as wire:
        wire.ip(
            "a",
            "route add 198.18.40.0/24 via 198.18.1.2",
            "route add 198.18.41.0/24 via 198.18.1.2 proto bgp metric 20",
            "route add default via 198.18.1.2 proto static",
        )
        assert way(wire, "198.18.1.2") == Route("198.18.1.0/24", "unicast", "eth0", "", "kernel", 0)
        assert way(wire, "198.18.40.7") == Route("198.18.40.0/24", "unicast", "eth0", "198.18.1.2", "boot", 0)
        assert way(wire, "198.18.41.7") == Route("198.18.41.0/24", "unicast", "eth0", "198.18.1.2", "bgp", 20)
        assert way(wire, "198.18.99.7") == Route("0.0.0.0/0", "unicast", "eth0", "198.18.1.2", "static", 0)


def test_of_two_routes_for_a_prefix_the_smaller_metric_comes_first() -> None:
    """It is the one that a look-up finds as well; a longer prefix beside them is another prefix."""
    with wired("a", "b", "c") as wire:
        wire.ip(
            "a",
            "route add 198.18.40.0/24 via 198.18.1.2 metric 200",
            "route add 198.18.40.0/24 via 198.18.1.3 metric 20",
            "route add 198.18.40.0/25 via 198.18.1.2",
        )
        assert [(route.via, route.metric) for route in held(wire, "198.18.40.0/24")] == [
            ("198.18.1.3", 20),
            ("198.18.1.2", 200),
        ]
        assert way(wire, "198.18.40.200").via == "198.18.1.3"
        assert way(wire, "198.18.40.1").prefix == "198.18.40.0/25"
        assert held(wire, "198.18.42.0/24") == ()


def test_of_several_next_hops_the_first_is_told() -> None:
    """A route by two ways is one route."""
    with wired("a", "b", "c") as wire:
        wire.ip("a", "route add 198.18.40.0/24 nexthop via 198.18.1.2 nexthop via 198.18.1.3")
        (route,) = held(wire, "198.18.40.0/24")
        assert (route.device, route.via) == ("eth0", "198.18.1.2")


@pytest.mark.parametrize("kind", ["unreachable", "blackhole", "prohibit"])
def test_a_refusal_is_told_from_a_way(kind: str) -> None:
    """In the table and in a look-up."""
    with wired("a") as wire:
        wire.ip("a", f"route add {kind} 198.18.40.0/24 metric 5")
        (route,) = held(wire, "198.18.40.0/24")
        assert (route.kind, route.metric) == (kind, 5)
        assert way(wire, "198.18.40.1").kind == kind


def test_no_route_is_an_answer_too() -> None:
    """An address that nothing leads to."""
    with wired("a") as wire:
        assert way(wire, "198.18.40.1") == Route("", "none")
