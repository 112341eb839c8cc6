"""The discovery lab's Compose file and configuration: what they come to, without bringing anything up."""

import subprocess
from collections import Counter
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from chaoskit.core.lab import Lab
from chaoskit.core.selector import REGION
from chaoskit.labs.load import load_lab
from chaoskit.labs.spec import Condition, HostSpec, LabSpec

COMPOSE = Path(__file__).parents[2] / "compose"
ZONES = ("a", "b", "c")


@pytest.fixture(scope="module")
def spec() -> LabSpec:
    """The lab, parsed."""
    return load_lab(Lab("discovery"))


@pytest.fixture(scope="module")
def hosts(spec: LabSpec) -> dict[str, HostSpec]:
    """Its hosts by name."""
    return {host.name: host for host in spec.hosts}


def test_each_zone_has_a_member_an_instance_and_a_client_of_the_registry(spec: LabSpec) -> None:
    """Besides, there are one balancer, one feeder and one client of the balancer."""
    found = Counter((host.role, host.region) for host in spec.topology.hosts)
    zoned = {(role, zone): 1 for role in ("registry", "service", "app") for zone in ZONES}
    assert found == {**zoned, ("lb", None): 1, ("feeder", None): 1, ("client", None): 1}


def test_the_native_driver_honours_every_key(spec: LabSpec) -> None:
    """Nothing is refused, and nothing stands in the file that changes nothing."""
    assert (spec.refused, spec.notes) == ((), ())


def test_every_address_is_fixed_in_the_labs_own_block(spec: LabSpec) -> None:
    """Networks and hosts lie in 198.18.96.0/23, each link in its network, no address twice."""
    block = ip_network("198.18.96.0/23")
    assert all(ip_network(network.subnet).subnet_of(block) for network in spec.topology.networks)
    for link in spec.topology.links:
        assert ip_address(link.address) in ip_network(spec.topology.network(link.network).subnet)
    assert len({link.address for link in spec.topology.links}) == len(spec.topology.links) == 13


def test_the_members_know_each_other_and_differ_in_their_names_alone(hosts: dict[str, HostSpec]) -> None:
    """Each advertises itself by the name under which the initial cluster lists it."""
    settings = {name: dict(host.environment) for name, host in hosts.items() if name.startswith("etcd-")}
    listed = dict(entry.split("=") for entry in settings["etcd-a"]["ETCD_INITIAL_CLUSTER"].split(","))
    assert set(listed) == set(settings)
    for name, own in settings.items():
        assert own.pop("ETCD_NAME") == name
        assert own.pop("ETCD_INITIAL_ADVERTISE_PEER_URLS") == listed[name]
        assert own.pop("ETCD_ADVERTISE_CLIENT_URLS") == listed[name].replace("2380", "2379")
    assert settings["etcd-a"] == settings["etcd-b"] == settings["etcd-c"]


@pytest.mark.parametrize("zone", ZONES)
def test_everybody_in_a_zone_asks_its_member_first(spec: LabSpec, hosts: dict[str, HostSpec], zone: str) -> None:
    """The instance by the order of its endpoints, which are all three; the client by the name `registry`."""
    endpoints = hosts[f"web-{zone}"].environment["ETCD_ENDPOINTS"].split()
    assert endpoints[0] == f"http://etcd-{zone}:2379"
    assert sorted(endpoints) == [f"http://etcd-{each}:2379" for each in ZONES]
    (address,) = spec.topology.by_name[f"etcd-{zone}"].addresses
    assert hosts[f"app-{zone}"].extra_hosts == {"registry": address}
    assert spec.topology.by_name[f"etcd-{zone}"].labels[REGION] == zone


def test_callers_reach_instances_through_the_balancer_only(spec: LabSpec) -> None:
    """The balancer alone is on both networks."""
    networks = {host.name: {link.network for link in host.links} for host in spec.topology.hosts}
    assert networks.pop("lb") == {"edge", "inner"}
    assert networks.pop("client") == {"edge"}
    assert set(map(frozenset, networks.values())) == {frozenset({"inner"})}


def test_the_feeder_has_the_runtime_api_of_the_balancer(hosts: dict[str, HostSpec]) -> None:
    """They share the folder with the socket, and nothing else."""
    shared = {name: [m.target for m in hosts[name].mounts if "runtime-api" in m.source] for name in ("lb", "feeder")}
    assert shared == {"lb": ["/run/haproxy"], "feeder": ["/run/haproxy"]}


def test_the_registry_comes_first_and_the_feeder_last(hosts: dict[str, HostSpec]) -> None:
    """The balancer, healthy once it has an instance, is healthy with all of them."""
    for zone in ZONES:
        needs = {need.service: need.condition for need in hosts[f"web-{zone}"].depends_on}
        assert needs == {f"etcd-{each}": Condition.HEALTHY for each in ZONES}
    awaited = {need.service for need in hosts["feeder"].depends_on if need.condition is Condition.HEALTHY}
    assert awaited == {"web-a", "web-b", "web-c"}


def test_every_mounted_file_is_there() -> None:
    """What the Compose file bind-mounts exists: Docker would make an empty folder of a misspelled one."""
    lines = (COMPOSE / "discovery.yaml").read_text().splitlines()
    sources = {line.split(":")[0].strip("- ") for line in lines if "- ./" in line}
    assert len(sources) == 5
    assert all((COMPOSE / source).exists() for source in sources), sources


@pytest.mark.lab
def test_haproxy_accepts_its_configuration_without_a_warning() -> None:
    """Its checker exits with 0 and says nothing that is a warning."""
    argv = ("haproxy", "-c", "-f", str(COMPOSE / "conf" / "discovery" / "haproxy.cfg"))
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=20)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "warn" not in said.lower(), said
