"""Networks, interfaces and addresses."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaoskit.core.topology import Link, Network
from chaoskit.labs import ipam
from chaoskit.labs.spec import LabSpec

Load = Callable[..., LabSpec]

FIXED = """
services:
  a: {image: n, networks: [lan]}
  b: {image: n, networks: {lan: {ipv4_address: 198.18.200.2}}}
  c: {image: n, networks: [lan], scale: 2}
networks:
  lan:
    labels: {chaoskit.region: eu}
    ipam: {config: [{subnet: 198.18.200.0/24, gateway: 198.18.200.4, aux_addresses: {tv: 198.18.200.5}}]}
"""


def test_fixed_addresses_are_kept_and_never_given_twice(load: Load) -> None:
    """The others get the next free ones in order: not the gateway's, not a reserved one, not a fixed one."""
    topology = load(FIXED).topology
    assert topology.networks == (Network("lan", "198.18.200.0/24", "198.18.200.4", {"chaoskit.region": "eu"}),)
    assert [host.addresses[0] for host in topology.hosts] == [f"198.18.200.{last}" for last in (3, 2, 6, 7)]


def test_a_link_has_all_a_driver_needs(load: Load) -> None:
    """Device, prefix, MAC from the address, and the names other hosts know it by."""
    text = """
    services:
      web:
        image: n
        container_name: shop_web
        labels: {chaoskit.role: service}
        networks: {lan: {ipv4_address: 198.18.200.9, aliases: [www, web]}}
    networks: {lan: {ipam: {config: [{subnet: 198.18.200.0/25}]}}}
    """
    [link] = load(text).topology.links
    expected = Link("web", "lan", "eth0", "198.18.200.9", 25, "02:42:c6:12:c8:09", ("shop_web", "www"), link.labels)
    assert link == expected
    assert link.labels == {"chaoskit.role": "service"}


def test_replicas_answer_to_their_services_name(load: Load) -> None:
    """Each replica has its own name, and all of them the service's as an alias."""
    links = load("services: {w: {image: n, scale: 2}}").topology.links
    assert [(link.host, link.aliases) for link in links] == [("w-1", ("w",)), ("w-2", ("w",))]


@pytest.mark.parametrize(
    ("networks", "expected"),
    [
        ("[b, a]", ["a", "b"]),
        ("{b: {priority: 10}, a: {}, c: {priority: 20}}", ["c", "b", "a"]),
        ("{b: , a: {priority: 1}}", ["a", "b"]),
    ],
)
def test_interfaces_are_ordered_by_priority_then_name(load: Load, networks: str, expected: list[str]) -> None:
    """The first one is eth0 and holds the default route, as Compose connects them."""
    links = load(f"services: {{w: {{image: n, networks: {networks}}}}}\nnetworks: {{a: , b: , c: }}").topology.links
    assert [(link.device, link.network) for link in links] == [(f"eth{n}", name) for n, name in enumerate(expected)]


def test_a_file_may_name_interfaces_and_macs(load: Load) -> None:
    """`interface_name` and both places of `mac_address` are honoured."""
    text = """
    services:
      w:
        image: n
        mac_address: 02-42-AC-00-00-01
        networks: {a: {interface_name: lan0}, b: {mac_address: '02:42:ac:00:00:02'}}
    networks: {a: , b: }
    """
    links = load(text).topology.links
    assert [(link.device, link.mac) for link in links] == [("lan0", "02:42:ac:00:00:01"), ("eth1", "02:42:ac:00:00:02")]


def test_the_default_network_joins_all_that_name_none(load: Load) -> None:
    """Services without networks share `default`, which a file may configure; `none` joins nothing."""
    text = """
    services: {a: {image: n}, b: {image: n, networks: [default, x]}, c: {image: n, network_mode: none}}
    networks: {default: {ipam: {config: [{subnet: 198.18.201.0/24}]}}, x: , unused: }
    """
    topology = load(text).topology
    assert [network.name for network in topology.networks] == ["default", "x"]
    assert [host.addresses[:1] for host in topology.hosts] == [("198.18.201.2",), ("198.18.201.3",), ()]


def test_addresses_come_from_the_range(load: Load) -> None:
    """`ip_range` bounds what is given out; fixed addresses may lie outside it."""
    text = """
    services: {a: {image: n, networks: [x]}, b: {image: n, networks: {x: {ipv4_address: 198.18.200.7}}}}
    networks: {x: {ipam: {config: [{subnet: 198.18.200.0/24, ip_range: 198.18.200.128/25}]}}}
    """
    assert [host.addresses[0] for host in load(text).topology.hosts] == ["198.18.200.130", "198.18.200.7"]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fixed=st.lists(st.integers(1, 30), max_size=6, unique=True), others=st.integers(0, 15))
def test_no_two_hosts_share_an_address(load: Load, fixed: list[int], others: int) -> None:
    """Whatever is fixed, every host has an address of its own, inside the subnet, with a MAC of its own."""
    lines = [f"  f{n}: {{image: n, networks: {{x: {{ipv4_address: 198.18.200.{n}}}}}}}" for n in fixed]
    lines += [f"  o: {{image: n, networks: [x], scale: {others}}}", "  z: {image: n, networks: [x]}"]
    text = "services:\n" + "\n".join(lines) + "\nnetworks: {x: {ipam: {config: [{subnet: 198.18.200.0/26}]}}}\n"
    links = load(text).topology.links
    addresses = [IPv4Address(link.address) for link in links]
    assert len(links) == len(fixed) + others + 1
    assert len(set(addresses)) == len({link.mac for link in links}) == len(links)
    assert all(address in IPv4Network("198.18.200.0/26") for address in addresses)


def test_five_hundred_hosts_get_a_subnet_that_holds_them(load: Load) -> None:
    """A network's size follows its hosts."""
    topology = load("services: {w: {image: n, scale: 500}}").topology
    assert IPv4Network(topology.networks[0].subnet).subnet_of(ipam.OTHERS)
    assert len(set(topology.by_address)) == 500


@pytest.mark.parametrize(
    ("attachment", "subnet", "words"),
    [
        ("{ipv4_address: 198.18.201.1}", "198.18.200.0/24", "198.18.201.1 lies outside 198.18.200.0/24"),
        ("{ipv4_address: 198.18.200.300}", "198.18.200.0/24", "'198.18.200.300' is no IPv4 address"),
        ("{ipv4_address: 198.18.200.255}", "198.18.200.0/24", "is no host's address"),
        ("{ipv4_address: 198.18.200.9}", "198.18.200.0/24", "asked for by both"),
        ("{}", "198.18.200.0/33", "network x: ipam.config.198.18.200.0/33.subnet: '198.18.200.0/33' is no IPv4 subnet"),
        ("{}", "198.18.200.0/30", "has no address left for"),
        ("{mac_address: x}", "198.18.200.0/24", "'x' is no MAC address"),
    ],
)
def test_an_address_that_cannot_be(error: Callable[..., str], attachment: str, subnet: str, words: str) -> None:
    """Wrong, doubled and missing addresses are errors with file, line and service."""
    services = f"services:\n  a: {{image: n, scale: 2, networks: {{x: {attachment}}}}}\n"
    assert words in error(f"{services}networks: {{x: {{ipam: {{config: [{{subnet: {subnet}}}]}}}}}}\n")


def test_an_address_needs_a_subnet(error: Callable[..., str]) -> None:
    """As with Docker, an address can be fixed only in a subnet that the file names."""
    message = error("services: {a: {image: n, networks: {x: {ipv4_address: 198.18.200.9}}}}\nnetworks: {x: }")
    assert "the network x names no subnet for 198.18.200.9 to be in" in message


def test_an_undeclared_network_is_an_error(error: Callable[..., str]) -> None:
    """A network that is used must be declared; the nearest name is told."""
    message = error("services: {a: {image: n, networks: [frnt]}}\nnetworks: {front: }")
    assert "service a: networks.frnt: there is no network 'frnt'" in message
    assert "Did you mean 'front'?" in message
