"""The demand lab's Compose files: what they come to, without bringing anything up."""

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


@pytest.mark.lab
@pytest.mark.parametrize("name", ["edge.cfg", "edge.unlimited.cfg"])
def test_haproxy_accepts_its_configuration_without_a_warning(name: str) -> None:
    """The checker exits with 0 and says nothing that is a warning."""
    argv = ["haproxy", "-c", "-f", name]
    done = subprocess.run(argv, cwd=CONF, capture_output=True, text=True, check=False, timeout=20)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "warn" not in said.lower(), said
