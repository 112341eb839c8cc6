"""The gslb lab's Compose files: what they come to, without bringing anything up."""

from collections import Counter
from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest

from chaoskit.core.lab import Lab
from chaoskit.labs.load import load_lab
from chaoskit.labs.spec import Condition, LabSpec, MountKind

GUARDED = Lab("gslb")
TWIN = GUARDED.over("gslb.plain-dns.yaml")


@pytest.fixture(scope="module", params=[GUARDED, TWIN], ids=["guarded", "plain DNS"])
def spec(request: pytest.FixtureRequest) -> LabSpec:
    """Each of the lab's arms, parsed."""
    return load_lab(request.param)


def test_each_region_has_its_chain_from_client_to_three_instances(spec: LabSpec) -> None:
    """Per region one client, resolver, GSLB server and balancer, and three instances."""
    chain = {"client": 1, "resolver": 1, "gslb": 1, "lb": 1, "service": 3}
    found = Counter((host.region, host.role) for host in spec.topology.hosts)
    assert found == {(region, role): n for region in ("eu", "na") for role, n in chain.items()}


def test_the_native_driver_honours_every_key(spec: LabSpec) -> None:
    """Nothing is refused, and nothing stands in the file that changes nothing."""
    assert (spec.refused, spec.notes) == ((), ())


def test_every_address_is_fixed_in_the_labs_own_block(spec: LabSpec) -> None:
    """Networks and hosts lie in 198.18.16.0/22, each link in its network, no address twice."""
    block = ip_network("198.18.16.0/22")
    assert all(ip_network(network.subnet).subnet_of(block) for network in spec.topology.networks)
    for link in spec.topology.links:
        assert ip_address(link.address) in ip_network(spec.topology.network(link.network).subnet)
    assert len({link.address for link in spec.topology.links}) == len(spec.topology.links) == 16


def test_a_regions_hosts_on_the_internet_share_a_client_subnet(spec: LabSpec) -> None:
    """Resolvers send a /24: a region's client, resolver and VIP lie in one, and the other region's in another."""
    links = [(spec.topology.by_name[link.host], link) for link in spec.topology.links if link.network == "internet"]
    subnets = {(host.region, ip_network(f"{link.address}/24", strict=False)) for host, link in links}
    assert subnets == {("eu", ip_network("198.18.16.0/24")), ("na", ip_network("198.18.17.0/24"))}


def test_instances_are_reached_through_their_balancer_only(spec: LabSpec) -> None:
    """An instance is on its region's own network; the balancer alone is on it and on the internet."""
    for host in spec.topology.hosts:
        networks = {link.network for link in host.links}
        wanted = {"service": {host.region}, "lb": {"internet", host.region}}
        assert networks == wanted.get(host.role or "", {"internet"}), host.name


def test_every_daemon_has_a_healthcheck_and_reads_its_configuration_only(spec: LabSpec) -> None:
    """Clients sleep; whatever else there is says when it is ready, and cannot write to the files it is given."""
    for host in spec.hosts:
        assert (host.healthcheck is None) == host.name.startswith("client-")
        assert all(mount.kind is MountKind.BIND and mount.read_only for mount in host.mounts)


def test_gdnsd_starts_behind_healthy_vips_and_balancers_behind_healthy_instances() -> None:
    """The first check of gdnsd decides whether a VIP starts up or down, so it comes last."""
    hosts = {host.name: host for host in load_lab(GUARDED).hosts}
    awaited = {name: {need.service: need.condition for need in hosts[name].depends_on} for name in hosts}
    assert awaited["gslb-eu"] == awaited["gslb-na"] == dict.fromkeys(("lb-eu", "lb-na"), Condition.HEALTHY)
    assert awaited["lb-na"] == dict.fromkeys(("web-na-1", "web-na-2", "web-na-3"), Condition.HEALTHY)


def test_a_crashed_instance_stays_dead_until_the_action_ends(spec: LabSpec) -> None:
    """No restart policy: the outage lasts as long as the experiment says."""
    assert {host.restart.name for host in spec.hosts} == {"no"}


def test_the_twin_differs_in_its_name_servers_alone() -> None:
    """Same hosts, addresses and labels; only the two GSLB servers run something else."""
    guarded, twin = load_lab(GUARDED), load_lab(TWIN)
    assert guarded.topology == twin.topology
    differing = [
        ours.name
        for ours, theirs in zip(guarded.hosts, twin.hosts, strict=True)
        if replace(ours, where="") != replace(theirs, where="")
    ]
    assert differing == ["gslb-eu", "gslb-na"]
    assert {host.image for host in twin.hosts if host.name in differing} == {"chaoskit/bind9"}
    assert all("gdnsd" not in mount.source for host in twin.hosts for mount in host.mounts)
