"""The demand lab's Compose files: what they come to, without bringing anything up."""

import json
import os
import subprocess
from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from chaoskit.core.lab import Lab
from chaoskit.labs.load import load_lab
from chaoskit.labs.spec import LabSpec, MountKind

CONF = Path(__file__).parents[2] / "compose" / "conf" / "demand"
GUARDED = Lab("demand")
TWINS = {
    "demand.accepts-when-free.yaml": {"storefront"},
    "demand.no-shedding.yaml": {"edge"},
    "demand.sheds-at-the-last-tier.yaml": {"edge", "inventory"},
}


@pytest.fixture(scope="module", params=["", *TWINS])
def spec(request: pytest.FixtureRequest) -> LabSpec:
    """Each of the lab's arms, parsed."""
    return load_lab(GUARDED.over(request.param) if request.param else GUARDED)


def test_the_native_driver_honours_every_key(spec: LabSpec) -> None:
    """Nothing is refused, and nothing stands in the file that changes nothing."""
    assert (spec.refused, spec.notes) == ((), ())


def test_every_address_is_fixed_in_the_labs_own_block(spec: LabSpec) -> None:
    """Networks and hosts lie in 198.18.48.0/20, each link in its network, no address twice."""
    block = ip_network("198.18.48.0/20")
    assert all(ip_network(network.subnet).subnet_of(block) for network in spec.topology.networks)
    for link in spec.topology.links:
        assert ip_address(link.address) in ip_network(spec.topology.network(link.network).subnet)
    assert len({link.address for link in spec.topology.links}) == len(spec.topology.links) == 10


def test_the_chain_is_reached_through_its_tiers_only(spec: LabSpec) -> None:
    """Each tier shares a network with its neighbours, and with nobody else."""
    networks = {host.name: [link.network for link in host.links] for host in spec.topology.hosts}
    assert networks == {
        "client": ["internet"],
        "crowd": ["internet"],
        "storefront": ["internet"],
        "edge": ["front", "internet"],
        "tier-a": ["front", "middle"],
        "tier-b": ["back", "middle"],
        "inventory": ["back"],
    }


def test_sysctls_that_the_lab_relies_on_are_set(spec: LabSpec) -> None:
    """Callers retry SYNs at 1, 3, 7 s; full queues drop SYNs; backlogs are not cut."""
    sysctls = {host.name: dict(host.sysctls) for host in spec.hosts}
    assert all(sysctls[caller]["net.ipv4.tcp_syn_linear_timeouts"] == "0" for caller in ("client", "crowd"))
    for service in ("storefront", "edge", "tier-a", "tier-b", "inventory"):
        assert sysctls[service]["net.ipv4.tcp_syncookies"] == "0"
        backlog = dict(next(host.environment for host in spec.hosts if host.name == service)).get("BACKLOG", "0")
        assert int(sysctls[service]["net.core.somaxconn"]) >= int(backlog)


def test_services_read_what_they_are_given_only(spec: LabSpec) -> None:
    """Whatever is mounted is mounted read-only, and every service has a healthcheck."""
    for host in spec.hosts:
        assert all(mount.read_only for mount in host.mounts if mount.kind is MountKind.BIND)
        assert (host.healthcheck is None) == (host.name in ("client", "crowd"))


@pytest.mark.parametrize(("overlay", "differing"), TWINS.items())
def test_a_twin_differs_in_its_mistake_alone(overlay: str, differing: set[str]) -> None:
    """Same hosts, addresses and labels; only those of the mistake are told something else."""
    guarded, twin = load_lab(GUARDED), load_lab(GUARDED.over(overlay))
    assert guarded.topology == twin.topology
    found = {
        ours.name
        for ours, theirs in zip(guarded.hosts, twin.hosts, strict=True)
        if replace(ours, where="") != replace(theirs, where="")
    }
    assert found == differing


def test_the_twins_edge_lacks_the_two_limits_and_nothing_else() -> None:
    """edge.unlimited.cfg is edge.cfg without `maxconn` at the server, without the 503, and without their comments."""
    limited, unlimited = ((CONF / name).read_text().splitlines() for name in ("edge.cfg", "edge.unlimited.cfg"))
    plain = [line.replace(" maxconn 40", "") for line in limited if "return status 503" not in line]
    assert [line for line in plain if not line.strip().startswith("#")] == [
        line for line in unlimited if not line.strip().startswith("#")
    ]


@pytest.mark.parametrize("name", ["edge.cfg", "edge.unlimited.cfg"])
def test_the_edge_has_no_admin_socket_that_nobody_asks(name: str) -> None:
    """What the edge does is seen by its answers and by the tiers; the runtime API would be a door without a use."""
    assert "stats socket" not in (CONF / name).read_text()


BACK_PRESSURE = GUARDED.over("demand.back-pressure.yaml")


def test_a_proxy_stands_between_the_last_tier_and_the_inventory() -> None:
    """One host more, on the network of both; what tier-b asks is the address that Toxiproxy listens at."""
    plain, spec = load_lab(GUARDED), load_lab(BACK_PRESSURE)
    assert (spec.refused, spec.notes) == ((), ())
    (added,) = [host for host in spec.topology.hosts if host.name not in plain.topology.by_name]
    ((proxy,),) = [json.loads((CONF / "toxiproxy.json").read_text())]
    environment = dict(next(host.environment for host in spec.hosts if host.name == "tier-b"))
    assert (added.name, [link.network for link in added.links]) == ("inventory-proxy", ["back"])
    assert proxy["listen"] == f"{added.addresses[0]}:8080"
    assert proxy["upstream"] == f"{spec.topology.by_name['inventory'].addresses[0]}:8080"
    assert environment["DEPENDENCY"] == f"http://{proxy['listen']}/"
    assert proxy["enabled"] is True


def test_health_that_ignores_the_dependency_is_all_that_its_twin_changes() -> None:
    """The edge asks for something else, by the same configuration."""
    guarded, twin = load_lab(BACK_PRESSURE), load_lab(BACK_PRESSURE.over("demand.health-ignores-the-dependency.yaml"))
    assert guarded.topology == twin.topology
    told = [{host.name: dict(host.environment) for host in spec.hosts} for spec in (guarded, twin)]
    assert (told[0].pop("edge")["CHECK"], told[1].pop("edge")["CHECK"]) == ("/health", "/alive")
    assert told[0] == told[1]
    assert [host.mounts for host in guarded.hosts] == [host.mounts for host in twin.hosts]


def test_the_edge_with_back_pressure_is_the_unlimited_one_that_asks_and_says_why() -> None:
    """It differs in how it asks, in the 503 while nobody is well, and in the socket that a probe reads."""
    unlimited, asking = (
        (CONF / name).read_text().splitlines() for name in ("edge.unlimited.cfg", "edge.back-pressure.cfg")
    )
    settings = [{line.strip() for line in lines if line.strip()[:1] not in ("", "#")} for lines in (unlimited, asking)]
    assert settings[0] - settings[1] == {
        "option httpchk GET /alive",
        "server tier-a 198.18.49.20:8080 check port 8081 inter 1s",
    }
    assert settings[1] - settings[0] == {
        'option httpchk GET "${CHECK}"',
        "server tier-a 198.18.49.20:8080 check port 8081 inter 500ms fall 2 rise 2",
        "http-request return status 503 hdr Retry-After 1 if { nbsrv(tiers) eq 0 }",
        "stats socket /run/haproxy/admin.sock mode 660 level user",
    }


@pytest.mark.lab
@pytest.mark.parametrize("name", ["edge.cfg", "edge.unlimited.cfg", "edge.back-pressure.cfg"])
def test_haproxy_accepts_its_configuration_without_a_warning(name: str) -> None:
    """The checker exits with 0 and says nothing that is a warning."""
    argv, environment = ["haproxy", "-c", "-f", name], {**os.environ, "CHECK": "/health"}
    done = subprocess.run(argv, cwd=CONF, env=environment, capture_output=True, text=True, check=False, timeout=20)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "warn" not in said.lower(), said
