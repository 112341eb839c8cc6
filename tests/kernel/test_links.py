"""Interfaces: their state, and what has to be put back after they were down."""

import pytest

from chaoskit.core.errors import LabError
from chaoskit.kernel.links import LinkState, configured, put_back, read_link, route_lines, set_link
from tests.wire import wired


@pytest.mark.parametrize(
    ("route", "line"),
    [
        (
            {"dst": "default", "gateway": "198.18.1.254", "flags": []},
            "route add unicast default via 198.18.1.254 dev e",
        ),
        (
            {"type": "unicast", "dst": "198.18.9.0/24", "protocol": "static", "scope": "link", "table": "77"},
            "route add unicast 198.18.9.0/24 dev e table 77 proto static scope link",
        ),
        (
            {
                "dst": "198.18.8.0/24",
                "gateway": "198.18.1.7",
                "prefsrc": "198.18.1.1",
                "metric": 5,
                "flags": ["onlink", "linkdown"],
                "metrics": [{"mtu": 1400, "rtt": "3ms"}],
            },
            "route add unicast 198.18.8.0/24 via 198.18.1.7 dev e src 198.18.1.1 metric 5 mtu 1400 onlink",
        ),
    ],
)
def test_a_route_becomes_the_command_that_makes_it(route: dict[str, object], line: str) -> None:
    """Every attribute a hand-made route has in `ip -json route` has its word."""
    assert route_lines([route], "e") == (line,)


@pytest.mark.parametrize("protocol", ["kernel", "zebra", "bird", "bgp", "ra", "dhcp", "186"])
def test_routes_that_somebody_else_restores_are_left_to_them(protocol: str) -> None:
    """The kernel makes its own routes again, and a routing daemon its own."""
    assert route_lines([{"dst": "198.18.9.0/24", "protocol": protocol}], "e") == ()


def test_routes_on_the_link_come_before_those_by_a_gateway() -> None:
    """A gateway may only be reachable by one of the others."""
    lines = route_lines([{"dst": "default", "gateway": "198.18.9.1"}, {"dst": "198.18.9.0/24"}], "e")
    assert [line.split()[3] for line in lines] == ["198.18.9.0/24", "default"]


@pytest.mark.lab
def test_a_link_goes_down_and_up_and_its_configuration_can_be_put_back() -> None:
    """The kernel forgets static routes, permanent neighbours and IPv6 addresses; the lines bring all of them back."""
    with wired("a") as wire:
        netns = wire.networks["a"]
        wire.ip(
            "a",
            "route add 198.18.9.0/24 dev eth0",
            "route add default via 198.18.9.1",
            "route add 198.18.8.0/24 via 198.18.1.7 src 198.18.1.1 metric 5 table 77 onlink dev eth0 mtu 1400",
            "neighbour add 198.18.1.9 lladdr 02:42:00:00:00:01 nud permanent dev eth0",
            "address add 2001:db8::1/64 dev eth0 nodad",
            "route add 2001:db8:1::/48 via 2001:db8::9 dev eth0",
        )
        before = configured(netns, "eth0")
        assert len(before) == 6
        set_link(netns, "eth0", up=False)
        assert read_link(netns, "eth0") == LinkState(up=False, operstate="DOWN")
        assert configured(netns, "eth0") == ()
        set_link(netns, "eth0", up=True)
        assert read_link(netns, "eth0").up
        put_back(netns, before)
        assert configured(netns, "eth0") == before


@pytest.mark.lab
def test_an_interface_that_is_not_there_is_an_error_that_names_it() -> None:
    """Whether it is read or set."""
    with wired("a") as wire:
        with pytest.raises(LabError, match="eth7"):
            read_link(wire.networks["a"], "eth7")
        with pytest.raises(LabError, match=r"eth7 cannot be set down: .*No such device"):
            set_link(wire.networks["a"], "eth7", up=False)
