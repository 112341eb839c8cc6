"""The dns lab's Compose files: what they come to, without bringing anything up."""

from collections import Counter
from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest

from chaoskit.core.lab import Lab
from chaoskit.labs.load import load_lab
from chaoskit.labs.spec import Condition, LabSpec, MountKind

GUARDED = Lab("dns")
TWIN = GUARDED.over("dns.one-name-server.yaml")


@pytest.fixture(scope="module", params=[GUARDED, TWIN], ids=["guarded", "one name server"])
def spec(request: pytest.FixtureRequest) -> LabSpec:
    """Each of the lab's arms, parsed."""
    return load_lab(request.param)


def test_the_naming_chain_and_the_service_are_there(spec: LabSpec) -> None:
    """Two clients with a resolver each, two name servers, three instances."""
    assert Counter(host.role for host in spec.topology.hosts) == {"client": 2, "resolver": 2, "ns": 2, "service": 3}


def test_the_two_name_servers_are_of_different_make(spec: LabSpec) -> None:
    """What ends one of them by a bug does not end both."""
    images = {host.name: host.image for host in spec.hosts if host.name.startswith("ns-")}
    assert images == {"ns-1": "chaoskit/bind9", "ns-2": "chaoskit/knot"}


def test_the_native_driver_honours_every_key(spec: LabSpec) -> None:
    """Nothing is refused, and nothing stands in the file that changes nothing."""
    assert (spec.refused, spec.notes) == ((), ())


def test_every_address_is_fixed_in_the_labs_own_block(spec: LabSpec) -> None:
    """Network and hosts lie in 198.18.0.0/20, each link in its network, no address twice."""
    block = ip_network("198.18.0.0/20")
    assert all(ip_network(network.subnet).subnet_of(block) for network in spec.topology.networks)
    for link in spec.topology.links:
        assert ip_address(link.address) in ip_network(spec.topology.network(link.network).subnet)
    assert len({link.address for link in spec.topology.links}) == len(spec.topology.links) == 9


def test_every_daemon_has_a_healthcheck_and_reads_its_configuration_only(spec: LabSpec) -> None:
    """Clients sleep; whatever else there is says when it is ready, and cannot write to the files it is given."""
    for host in spec.hosts:
        assert (host.healthcheck is None) == host.name.startswith("client-")
        assert all(mount.kind is MountKind.BIND and mount.read_only for mount in host.mounts)


def test_the_secondary_has_no_zone_file_and_waits_for_the_primary(spec: LabSpec) -> None:
    """Whatever it answers with, it was transferred."""
    (secondary,) = (host for host in spec.hosts if host.name == "ns-2")
    assert [mount.target for mount in secondary.mounts] == ["/config/knot.conf"]
    assert {need.service: need.condition for need in secondary.depends_on} == {"ns-1": Condition.HEALTHY}


def test_a_dead_server_stays_dead_until_the_action_ends(spec: LabSpec) -> None:
    """No restart policy: the outage lasts as long as the experiment says."""
    assert {host.restart.name for host in spec.hosts} == {"no"}


def test_the_twin_differs_in_what_names_the_servers_alone() -> None:
    """Same hosts, addresses and labels; the resolvers' delegation and the zone's file are others."""
    guarded, twin = load_lab(GUARDED), load_lab(TWIN)
    assert guarded.topology == twin.topology
    pairs = zip(guarded.hosts, twin.hosts, strict=True)
    differing = {ours.name for ours, theirs in pairs if replace(ours, where="") != replace(theirs, where="")}
    assert differing == {"resolver-1", "resolver-2", "ns-1"}
