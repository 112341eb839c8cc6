"""The bogon lab's Compose files, and the lab they make."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from chaoskit.core.lab import Lab
from chaoskit.kernel.namespaces import in_network
from chaoskit.kernel.netstat import packets_sent
from chaoskit.labs.load import load_lab
from chaoskit.labs.native.lab import NativeLab
from chaoskit.labs.spec import LabSpec
from tests.compose.test_exchange import counted
from tests.labs.native.build import up
from tests.wire import until

GUARDED = Lab("bogon")
TWIN = GUARDED.over("bogon.assassinated.yaml")


@pytest.fixture(params=[GUARDED, TWIN], ids=["guarded", "assassinated"])
def spec(request: pytest.FixtureRequest) -> LabSpec:
    """Each of the lab's arms, parsed."""
    return load_lab(request.param)


def test_the_native_driver_honours_every_key(spec: LabSpec) -> None:
    """Nothing is refused, and nothing stands in the file that changes nothing."""
    assert (spec.refused, spec.notes) == ((), ())


def test_a_service_its_client_and_an_attacker_have_fixed_addresses_in_the_labs_own_block(spec: LabSpec) -> None:
    """On one network."""
    assert {host.name: (host.role, host.addresses) for host in spec.topology.hosts} == {
        "service": ("service", ("198.18.64.10",)),
        "client": ("client", ("198.18.64.20",)),
        "attacker": ("attacker", ("198.18.64.30",)),
    }
    (network,) = spec.topology.networks
    assert ip_network(network.subnet).subnet_of(ip_network("198.18.64.0/20"))
    assert all(ip_address(link.address) in ip_network(network.subnet) for link in spec.topology.links)


def test_the_twin_differs_in_one_sysctl_alone() -> None:
    """The one named mistake: a reset ends TIME_WAIT."""
    guarded, twin = load_lab(GUARDED), load_lab(TWIN)
    assert guarded.topology == twin.topology
    for ours, theirs in zip(guarded.hosts, twin.hosts, strict=True):
        changed = dict(ours.sysctls) | ({"net.ipv4.tcp_rfc1337": "0"} if ours.name == "client" else {})
        assert dict(theirs.sysctls) == changed
        assert replace(ours, where="", sysctls={}) == replace(theirs, where="", sysctls={})


@pytest.fixture(scope="module", params=[(GUARDED, "1"), (TWIN, "0")], ids=["guarded", "assassinated"])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[NativeLab, str]]:
    """Each arm, up, and what its client's tcp_rfc1337 has to be."""
    with up(load_lab(request.param[0]), tmp_path_factory.mktemp("bogon")) as running:
        yield running, request.param[1]


@pytest.mark.lab
def test_the_kernels_are_as_the_file_says_and_exchanges_go_on(lab: tuple[NativeLab, str]) -> None:
    """In both arms alike, and without late segments no port comes again and nothing is stray."""
    running, rfc1337 = lab
    names = ["tcp_timestamps", "tcp_tw_reuse", "tcp_rfc1337"]
    said = running.hosts["client"].run(["cat", *(f"/proc/sys/net/ipv4/{name}" for name in names)], timeout=5).stdout
    assert said.split() == ["0", "0", rfc1337]
    said = running.hosts["service"].run(["cat", "/proc/sys/net/ipv4/tcp_timestamps"], timeout=5).stdout
    assert said.split() == ["0"]
    netns = running.hosts["client"].netns()
    assert until(lambda: in_network(netns, lambda: counted(9100)).get("exchanges", 0) >= 5)
    found = in_network(netns, lambda: counted(9100))
    assert (found["failed"], found["reused"], found["stray_bytes"]) == (0, 0, 0)


@pytest.mark.lab
def test_the_attacker_may_send_raw_packets_and_nothing_else(lab: tuple[NativeLab, str]) -> None:
    """Of all capabilities it has CAP_NET_RAW, number 13; while the others exchange, it says nothing."""
    attacker = lab[0].hosts["attacker"]
    init = attacker.status().pid
    (daemon,) = Path(f"/proc/{init}/task/{init}/children").read_text().split()
    assert f"CapBnd:\t{1 << 13:016x}\n" in Path(f"/proc/{daemon}/status").read_text()
    netns = lab[0].hosts["client"].netns()
    sent = in_network(attacker.netns(), lambda: packets_sent("eth0"))
    assert until(lambda: in_network(netns, lambda: counted(9100)).get("exchanges", 0) >= 5)
    assert in_network(attacker.netns(), lambda: packets_sent("eth0")) == sent
