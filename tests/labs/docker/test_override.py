"""What is merged over a lab's Compose files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from chaoskit.core.errors import LabError
from chaoskit.core.lab import Lab
from chaoskit.labs.docker import naming, override
from chaoskit.labs.load import load_lab
from chaoskit.labs.spec import LabSpec

RUN = "20260131T101500Z-small.test-3fa2"
FILE = """\
name: small
services:
  web:
    image: nginx
    ports: ["8080:80"]
    dns: [198.18.210.53]
    sysctls: {net.ipv4.ip_forward: "1"}
    networks: {front: {ipv4_address: 198.18.210.10}, back: {ipv4_address: 198.18.211.10}}
    volumes: [data:/data]
  worker:
    image: busybox
    deploy: {replicas: 2}
    networks: {back: {aliases: [jobs]}}
networks:
  front: {ipam: {config: [{subnet: 198.18.210.0/24}]}}
  back: {ipam: {config: [{subnet: 198.18.211.0/24}]}}
volumes: {data: {}}
"""
SYSCTLS = {"net.ipv4.ip_forward": "0", "net.ipv4.conf.all.rp_filter": "0"}


@pytest.fixture
def spec(tmp_path: Path) -> LabSpec:
    """A service of one instance on two networks, and one of two instances."""
    (tmp_path / "compose.yaml").write_text(FILE)
    return load_lab(Lab(str(tmp_path / "compose.yaml")))


def made(spec: LabSpec, *, egress: bool = False, macs: bool = True) -> dict[str, dict[str, dict[str, object]]]:
    """The override, read as JSON."""
    wanted = override.Wanted(replace(spec, egress=egress), RUN, Path("/run/it"), macs, SYSCTLS)
    parsed: dict[str, dict[str, dict[str, object]]] = json.loads(override.text(wanted).replace("!reset []", '"reset"'))
    return parsed


def test_one_instance_has_its_planned_addresses(spec: LabSpec) -> None:
    """Address and MAC of each link, the MAC only where the engine takes one; replicas are addressed otherwise."""
    web = made(spec)["services"]["web"]
    assert web["networks"] == {
        "back": {"ipv4_address": "198.18.211.10", "mac_address": "02:42:c6:12:d3:0a"},
        "front": {"ipv4_address": "198.18.210.10", "mac_address": "02:42:c6:12:d2:0a"},
    }
    assert made(spec, macs=False)["services"]["web"]["networks"] == {
        "back": {"ipv4_address": "198.18.211.10"},
        "front": {"ipv4_address": "198.18.210.10"},
    }
    assert "networks" not in made(spec)["services"]["worker"]


def test_everything_is_labelled_with_the_run(spec: LabSpec) -> None:
    """Containers, networks and volumes: what is left of a run is found by it."""
    every = made(spec)
    for kind in ("services", "networks", "volumes"):
        assert every[kind]
        assert {one["labels"][naming.RUN] for one in every[kind].values()} == {RUN}  # type: ignore[index]


def test_a_lab_has_no_way_out(spec: LabSpec) -> None:
    """Internal networks, bridges without an address, no published port, name servers of the file's own."""
    every = made(spec)
    for network in every["networks"].values():
        assert network["internal"] is True
        assert network["driver_opts"]["com.docker.network.bridge.inhibit_ipv4"] == "true"  # type: ignore[index]
    web = every["services"]["web"]
    assert web["ports"] == "reset"
    [bound] = web["volumes"]  # type: ignore[misc]
    assert bound["target"] == "/etc/resolv.conf"
    files = override.files(override.Wanted(spec, RUN, Path("/run/it"), True, SYSCTLS))
    assert files[Path(bound["source"])] == "nameserver 198.18.210.53\n"


def test_neighbours_are_known_by_their_names(spec: LabSpec) -> None:
    """Every instance and alias of the networks a host is on, with each address."""
    hosts = made(spec)["services"]["web"]["extra_hosts"]
    assert isinstance(hosts, list)
    assert {"worker-1:198.18.211.2", "worker-2:198.18.211.3", "jobs:198.18.211.2", "jobs:198.18.211.3"} <= set(hosts)
    assert not any(entry.endswith("198.18.210.10") for entry in made(spec)["services"]["worker"]["extra_hosts"])  # type: ignore[attr-defined]


def test_a_services_own_sysctl_holds(spec: LabSpec) -> None:
    """The lab's table fills in what a service does not say itself."""
    assert made(spec)["services"]["web"]["sysctls"] == {"net.ipv4.conf.all.rp_filter": "0"}
    assert made(spec)["services"]["worker"]["sysctls"] == SYSCTLS


def test_a_lab_that_may_reach_outside_stays_as_its_file_has_it(spec: LabSpec) -> None:
    """With a way out: addresses and labels, and nothing that closes a network, a port or a name server."""
    every = made(spec, egress=True)
    assert set(every["services"]["web"]) == {"labels", "networks", "hostname"}
    assert all(set(network) == {"labels", "ipam"} for network in every["networks"].values())


def test_networks_are_named_in_the_order_of_links(spec: LabSpec) -> None:
    """Docker numbers interfaces by the networks' names: each host's first link is on the first of its names."""
    names = naming.networks(spec.topology, "p")
    for host in spec.topology.hosts:
        ordered = [names[link.network] for link in host.links]
        assert ordered == sorted(ordered)


def test_opposite_orders_are_refused(spec: LabSpec) -> None:
    """One order of names cannot give eth0 to front in one host and to back in another."""
    web = spec.topology.hosts[0]
    turned = replace(web, name="other", links=tuple(reversed(web.links)))
    with pytest.raises(LabError, match="different orders"):
        naming.networks(replace(spec.topology, hosts=(web, turned)), "p")


@pytest.mark.parametrize(
    ("run", "project"),
    [
        ("20260131T101500Z-gslb.pool_death-3fa2", "chaoskit-20260131t101500z-gslb-pool_death-3fa2"),
        ("a!b", "chaoskit-a-b"),
    ],
)
def test_a_project_is_named_as_compose_allows(spec: LabSpec, run: str, project: str) -> None:
    """Lower-case letters, digits, dashes and underscores."""
    assert naming.project(spec, run) == project


def test_device_names_fit() -> None:
    """At most 15 characters, others for other runs and networks."""
    names = {naming.bridge(run, net) for run in (RUN, "b") for net in ("x", "y")} | {naming.port(RUN, "web/x")}
    assert len(names) == 5
    assert all(len(name) <= 15 for name in names)
