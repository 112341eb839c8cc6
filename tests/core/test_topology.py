import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.topology import Network
from chaoskit.testing import host, topology_of, two_regions


def test_hosts_are_found_by_name_and_by_each_address() -> None:
    """What a record names, by host or by address, leads to the host."""
    lab = two_regions()
    assert lab.by_name["lb-eu"] is lab.by_address["198.18.1.30"]
    assert len(lab.by_address) == len(lab.hosts) == len(lab.links) == 12


def test_role_and_region_are_labels() -> None:
    """A host without the labels has neither."""
    web = host("web-1", "198.18.0.5", role="service", region="eu")
    assert (web.role, web.region, web.service, web.addresses) == ("service", "eu", "web", ("198.18.0.5",))
    plain = host("web", "198.18.0.6")
    assert (plain.role, plain.region) == (None, None)


def test_links_are_called_by_host_and_network() -> None:
    """The name that selectors and steps use."""
    lab = topology_of([host("web", "198.18.7.5", network="edge")])
    assert lab.links[0].name == "web/edge"
    assert lab.network("edge") == Network("edge", "198.18.7.0/24")
    with pytest.raises(KeyError):
        lab.network("other")


def test_an_address_belongs_on_the_link_whose_subnet_holds_it() -> None:
    """Whether somebody has it or not; a host of no such network, and a word that is no address, are errors."""
    lab = two_regions()
    assert lab.link_to("198.18.1.100", lab.by_name["lb-eu"]).name == "lb-eu/eu"
    with pytest.raises(
        UsageError, match=r"lb-na is on no network that holds 198\.18\.1\.100\n  It is on: na 198\.18\.2"
    ):
        lab.link_to("198.18.1.100", lab.by_name["lb-na"])
    with pytest.raises(UsageError, match="'vip' is no IPv4 address"):
        lab.link_to("vip", lab.by_name["lb-na"])
