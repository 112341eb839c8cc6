"""The lb lab's Compose files: what they come to, without bringing anything up."""

from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest

from chaoskit.core.lab import Lab
from chaoskit.labs.load import load_lab
from chaoskit.labs.spec import Condition, LabSpec, MountKind

HAPROXY = Lab("lb")
NGINX = HAPROXY.over("lb.nginx.yaml")
LABS = {
    "haproxy": HAPROXY,
    "haproxy, no checks": HAPROXY.over("lb.haproxy-no-checks.yaml"),
    "nginx": NGINX,
    "nginx, no checks": NGINX.over("lb.nginx-no-checks.yaml"),
}


@pytest.fixture(scope="module", params=LABS.values(), ids=LABS)
def spec(request: pytest.FixtureRequest) -> LabSpec:
    """Each balancer, and each of their twins, parsed."""
    return load_lab(request.param)


def test_a_client_a_balancer_and_three_instances(spec: LabSpec) -> None:
    """One of each but for the pool."""
    roles = {host.name: host.role for host in spec.topology.hosts}
    pool = dict.fromkeys(("web-1", "web-2", "web-3"), "service")
    assert roles == {"client": "client", "lb": "lb", **pool}


def test_the_native_driver_honours_every_key(spec: LabSpec) -> None:
    """Nothing is refused, and nothing stands in the file that changes nothing."""
    assert (spec.refused, spec.notes) == ((), ())


def test_every_address_is_fixed_in_the_labs_own_block(spec: LabSpec) -> None:
    """Networks and hosts lie in 198.18.32.0/20, each link in its network, no address twice."""
    block = ip_network("198.18.32.0/20")
    assert all(ip_network(network.subnet).subnet_of(block) for network in spec.topology.networks)
    for link in spec.topology.links:
        assert ip_address(link.address) in ip_network(spec.topology.network(link.network).subnet)
    assert len({link.address for link in spec.topology.links}) == len(spec.topology.links) == 6


def test_instances_are_reached_through_the_balancer_only(spec: LabSpec) -> None:
    """The client has no link to the pool, and the instances none to the client."""
    networks = {host.name: {link.network for link in host.links} for host in spec.topology.hosts}
    assert networks == {
        "client": {"front"},
        "lb": {"front", "pool"},
        **{name: {"pool"} for name in ("web-1", "web-2", "web-3")},
    }


def test_every_daemon_has_a_healthcheck_and_reads_its_configuration_only(spec: LabSpec) -> None:
    """The client sleeps; whatever else there is says when it is ready, and cannot write to the files it is given."""
    for host in spec.hosts:
        assert (host.healthcheck is None) == (host.name == "client")
        assert all(mount.kind is MountKind.BIND and mount.read_only for mount in host.mounts)


def test_the_balancer_starts_behind_healthy_instances(spec: LabSpec) -> None:
    """No instance is taken out because it was slower to start."""
    (lb,) = (host for host in spec.hosts if host.name == "lb")
    awaited = {need.service: need.condition for need in lb.depends_on}
    assert awaited == dict.fromkeys(("web-1", "web-2", "web-3"), Condition.HEALTHY)


def test_a_crashed_instance_stays_dead_until_the_action_ends(spec: LabSpec) -> None:
    """No restart policy: the outage lasts as long as the experiment says."""
    assert {host.restart.name for host in spec.hosts} == {"no"}


@pytest.mark.parametrize("case", ["haproxy, no checks", "nginx", "nginx, no checks"])
def test_the_labs_differ_in_their_balancer_alone(case: str) -> None:
    """Same hosts, addresses and labels: only `lb` runs something else, or has another configuration."""
    first, other = load_lab(HAPROXY), load_lab(LABS[case])
    assert first.topology == other.topology
    pairs = zip(first.hosts, other.hosts, strict=True)
    differing = {ours.name for ours, theirs in pairs if replace(ours, where="") != replace(theirs, where="")}
    assert differing == {"lb"}
