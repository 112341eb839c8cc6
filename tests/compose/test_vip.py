"""The vip lab's files: what they come to, and that their twins differ by the mistake alone."""

import subprocess
from collections import Counter
from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from chaoskit.core.lab import Lab
from chaoskit.labs.load import load_lab
from chaoskit.labs.spec import LabSpec

CONF = Path(__file__).parents[2] / "compose" / "conf" / "vip"
GUARDED = Lab("vip")
DROPS_ARP = GUARDED.over("vip.drop-gratuitous-arp.yaml")
APART = GUARDED.over("vip.heartbeat-apart.yaml")


@pytest.fixture(scope="module", params=[GUARDED, DROPS_ARP, APART], ids=["guarded", "no ARP", "heartbeat apart"])
def spec(request: pytest.FixtureRequest) -> LabSpec:
    """Each of the lab's arms, parsed."""
    return load_lab(request.param)


def differing(twin: Lab) -> list[str]:
    """The hosts in which a twin is another lab than the guarded one."""
    guarded, other = load_lab(GUARDED), load_lab(twin)
    assert guarded.topology == other.topology
    pairs = zip(guarded.hosts, other.hosts, strict=True)
    return [ours.name for ours, theirs in pairs if replace(ours, where="") != replace(theirs, where="")]


def test_a_pair_of_balancers_stands_before_three_instances_and_two_clients(spec: LabSpec) -> None:
    """By the roles that selectors use."""
    assert Counter(host.role for host in spec.topology.hosts) == {"client": 2, "lb": 2, "service": 3}


def test_the_native_driver_honours_every_key(spec: LabSpec) -> None:
    """Nothing is refused, and nothing stands in the file that changes nothing."""
    assert (spec.refused, spec.notes) == ((), ())


def test_every_address_is_fixed_in_the_labs_own_block(spec: LabSpec) -> None:
    """In 198.18.112.0/22, each in its network; and the virtual one is nobody's own."""
    assert all(
        ip_network(network.subnet).subnet_of(ip_network("198.18.112.0/22")) for network in spec.topology.networks
    )
    for link in spec.topology.links:
        assert ip_address(link.address) in ip_network(spec.topology.network(link.network).subnet)
    assert "198.18.112.100" not in spec.topology.by_address


def test_interfaces_are_those_that_keepalived_is_told(spec: LabSpec) -> None:
    """Clients come by eth1 of both balancers, and eth2 joins the two alone."""
    devices = {link.name: link.device for link in spec.topology.links}
    for balancer in ("lb-1", "lb-2"):
        assert (devices[f"{balancer}/front"], devices[f"{balancer}/heartbeat"]) == ("eth1", "eth2")
    assert {link.host for link in spec.topology.links if link.network == "heartbeat"} == {"lb-1", "lb-2"}


def test_every_daemon_says_when_it_is_ready_and_a_client_when_it_is_served(spec: LabSpec) -> None:
    """So the lab is ready when somebody holds the address; a host that dies stays dead until the action ends."""
    assert all(host.healthcheck for host in spec.hosts)
    assert {host.restart.name for host in spec.hosts} == {"no"}
    assert all(mount.read_only for host in spec.hosts for mount in host.mounts)


def test_clients_that_drop_gratuitous_arp_differ_in_that_alone() -> None:
    """One setting of the two clients, which the guarded lab sets the other way and does not leave to the machine."""
    assert differing(DROPS_ARP) == ["client-1", "client-2"]
    setting = "net.ipv4.conf.all.drop_gratuitous_arp"
    assert [load_lab(lab).hosts[0].sysctls[setting] for lab in (GUARDED, DROPS_ARP)] == ["0", "1"]


def test_a_heartbeat_apart_differs_in_the_interface_of_the_adverts_alone() -> None:
    """The twin's keepalived.conf is the guarded one but for its head and one line."""
    assert differing(APART) == ["lb-1", "lb-2"]
    guarded, twin = (
        (CONF / name).read_text().partition("\n\n")[2] for name in ("keepalived.conf", "keepalived-heartbeat.conf")
    )
    assert guarded.count("    interface eth1\n") == 1
    assert guarded.replace("    interface eth1\n", "    interface eth2\n") == twin


def test_keepalived_asks_where_haproxy_says_whether_it_serves() -> None:
    """The same port and path in both files, and the question needs no rights of root's."""
    haproxy = (CONF / "haproxy.cfg").read_text().partition("\nfrontend status\n")[2].partition("\nbackend ")[0]
    assert "bind :8404\n" in haproxy
    assert "monitor-uri /health\n" in haproxy
    for name in ("keepalived.conf", "keepalived-heartbeat.conf"):
        text = (CONF / name).read_text()
        assert ' http://127.0.0.1:8404/health"\n' in text
        assert "script_user nobody\n" in text


@pytest.mark.lab
def test_haproxy_accepts_its_configuration_without_a_warning() -> None:
    """Its own checker exits with 0 and warns of nothing."""
    argv = ["haproxy", "-c", "-f", "haproxy.cfg"]
    done = subprocess.run(argv, cwd=CONF, capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 0, done.stderr
    assert "warn" not in (done.stdout + done.stderr).lower()
