"""The routing lab's files: what they come to, and what FRR says of them, without bringing anything up."""

import subprocess
from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from chaoskit.core.lab import Lab
from chaoskit.labs.ipam import BLOCKS
from chaoskit.labs.load import load_lab
from chaoskit.labs.spec import LabSpec

COMPOSE = Path(__file__).parents[2] / "compose"
CONF = COMPOSE / "conf" / "routing"
GATEWAYS = ("gateway", "partner-gateway")
FRR = sorted(CONF.glob("*/*.conf"))

GUARDED = Lab("routing")
TWINS = {name: GUARDED.over(f"routing.{name}.yaml") for name in ("dynamic", "no-refusal")}


@pytest.fixture(scope="module", params=[GUARDED, *TWINS.values()], ids=["guarded", *TWINS])
def spec(request: pytest.FixtureRequest) -> LabSpec:
    """Each of the lab's arms, parsed."""
    return load_lab(request.param)


def lines(router: str, file: str = "frr.conf") -> list[str]:
    """What a configuration says, without remarks."""
    text = (CONF / router / file).read_text()
    return [line.strip() for line in text.splitlines() if not line.strip().startswith("!")]


def test_the_native_driver_honours_every_key(spec: LabSpec) -> None:
    """Nothing is refused, and nothing stands in the file that changes nothing."""
    assert (spec.refused, spec.notes) == ((), ())


def test_every_address_is_fixed_in_the_labs_own_block(spec: LabSpec) -> None:
    """Networks lie in the block, hosts in their networks, no address twice; the tunnel's own addresses as well."""
    assert all(ip_network(network.subnet).subnet_of(BLOCKS["routing"]) for network in spec.topology.networks)
    for link in spec.topology.links:
        assert ip_address(link.address) in ip_network(spec.topology.network(link.network).subnet)
    assert len({link.address for link in spec.topology.links}) == len(spec.topology.links) == 10
    assert ip_network("198.18.85.0/30").subnet_of(BLOCKS["routing"])


def test_service_and_partner_share_no_network_and_every_way_leads_over_both_gateways(spec: LabSpec) -> None:
    """A chain: the service's back-end, our gateway, the provider, the partner's gateway, the partner."""
    networks = {host.name: {link.network for link in host.links} for host in spec.topology.hosts}
    assert networks == {
        "caller": {"front-end"},
        "service": {"front-end", "back-end"},
        "gateway": {"back-end", "public"},
        "isp": {"public", "partner-line"},
        "partner-gateway": {"partner-line", "partner"},
        "partner": {"partner"},
    }


def test_routers_forward_and_do_not_drop_what_comes_another_way(spec: LabSpec) -> None:
    """Set in the file: a namespace inherits the machine's, which differ."""
    for host in spec.hosts:
        if host.name in (*GATEWAYS, "isp"):
            assert host.sysctls["net.ipv4.ip_forward"] == "1"
            assert host.sysctls["net.ipv4.conf.all.rp_filter"] == "0"


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_differs_in_the_gateways_routes_alone(name: str) -> None:
    """Same hosts, addresses and keys; of two files the lines about the other side are missing, and nothing else."""
    guarded, twin = load_lab(GUARDED), load_lab(TWINS[name])
    assert guarded.topology == twin.topology
    differing = {
        ours.name
        for ours, theirs in zip(guarded.hosts, twin.hosts, strict=True)
        if replace(ours, where="") != replace(theirs, where="")
    }
    assert differing == set(GATEWAYS)
    for gateway, other in zip(GATEWAYS, ("198.18.84.0/24", "198.18.81.0/24"), strict=True):
        without = [line for line in lines(gateway) if not line.startswith(f"ip route {other[:9]}")]
        expected = [f"ip route {other} wg0"] if name == "no-refusal" else []
        theirs = lines(gateway, f"{name}.conf")
        assert [line for line in theirs if line not in expected] == without
        assert all(line in theirs for line in expected)


def test_the_refusal_covers_what_goes_through_the_tunnel() -> None:
    """Both halves by the tunnel and the whole refused, at either end."""
    for gateway, net in zip(GATEWAYS, ("198.18.84.0/24", "198.18.81.0/24"), strict=True):
        halves = {f"ip route {half} wg0" for half in ip_network(net).subnets()}
        assert {*halves, f"ip route {net} reject"} <= set(lines(gateway))


@pytest.mark.parametrize("file", ["frr.conf", "dynamic.conf", "no-refusal.conf"])
def test_from_the_provider_comes_what_the_internet_may_say_and_no_more(file: str) -> None:
    """No default route, nothing of our own, and nothing longer than a /24; whichever arm it is."""
    assert "neighbor 198.18.82.20 prefix-list INTERNET in" in lines("gateway", file)
    assert [line for line in lines("gateway", file) if line.startswith("ip prefix-list INTERNET")] == [
        "ip prefix-list INTERNET seq 5 deny 198.18.81.0/24 le 32",
        "ip prefix-list INTERNET seq 10 permit 0.0.0.0/0 ge 8 le 24",
    ]


def test_both_ends_of_the_tunnel_know_each_other() -> None:
    """Endpoints are the other's address and port; each lets the other side's network through, and sets no route."""
    ends = {gateway: dict(_pairs(gateway)) for gateway in GATEWAYS}
    assert ends["gateway"]["Endpoint"] == f"198.18.83.30:{ends['partner-gateway']['ListenPort']}"
    assert ends["partner-gateway"]["Endpoint"] == f"198.18.82.10:{ends['gateway']['ListenPort']}"
    assert "198.18.84.0/24" in ends["gateway"]["AllowedIPs"]
    assert "198.18.81.0/24" in ends["partner-gateway"]["AllowedIPs"]
    assert {end["Table"] for end in ends.values()} == {"off"}


def _pairs(gateway: str) -> list[tuple[str, str]]:
    text = (CONF / gateway / "wg0.conf").read_text()
    return [(key, value) for key, _, value in (line.partition(" = ") for line in text.splitlines()) if value]


@pytest.mark.lab
@pytest.mark.parametrize("file", [file for file in FRR if file.name != "wg0.conf"], ids=lambda file: str(file.name))
def test_frr_accepts_the_configuration(file: Path) -> None:
    """The check of vtysh says nothing."""
    done = subprocess.run(["vtysh", "-C", "-f", file], capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("file", [*FRR, CONF / "daemons", CONF / "vtysh.conf"], ids=lambda file: str(file.name))
def test_every_configuration_says_for_whom_it_is(file: Path) -> None:
    """Its first line is a remark."""
    assert file.read_text()[0] in "#!"


def test_every_mounted_file_is_there_and_every_file_is_mounted() -> None:
    """Docker would make an empty folder of a misspelled one."""
    texts = [path.read_text() for path in COMPOSE.glob("routing*.yaml")]
    mounted = {line.split(":")[0].strip("- ") for text in texts for line in text.splitlines() if "- ./" in line}
    conf = {name for name in mounted if name.startswith(("conf/", "./conf/"))}
    assert {COMPOSE / name for name in conf} == {path for path in CONF.rglob("*") if path.is_file()}
