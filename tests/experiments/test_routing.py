"""The experiments of chapter routing: what they claim follows from the lab's configuration, and proves true."""

import re
from pathlib import Path

import pytest
from scapy.utils import rdpcap

from chaoskit.core.units import NS
from chaoskit.engine.discovery import select
from chaoskit.engine.forecast import planned_checks
from chaoskit.engine.found import Found
from chaoskit.engine.plan import Plan, make_plan
from tests.support.proving import failed, proved

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "compose"
REKEY_TIMEOUT = 5 * NS + 333_000_000
"""After which WireGuard tries a handshake again, with the longest random delay (its paper, 6.1 and 6.4)."""


@pytest.fixture(scope="module")
def vpn_leak() -> Found:
    """The experiment as the command line finds it."""
    (found,) = select([f"{ROOT / 'experiments' / 'routing.py'}::vpn_leak"])
    return found


@pytest.fixture(scope="module", params=["guarded", "dynamic", "no-refusal"])
def plan(request: pytest.FixtureRequest, vpn_leak: Found) -> Plan:
    """The plan of each arm."""
    return make_plan(vpn_leak, arm=request.param)


def only(file: str, pattern: str) -> str:
    """The one text that a pattern finds in a file."""
    (found,) = set(re.findall(pattern, (COMPOSE / file).read_text(), re.MULTILINE))
    return str(found)


def test_the_bounds_are_what_the_configuration_comes_to(vpn_leak: Found) -> None:
    """The service's patience, WireGuard's second try, and the outage's own length."""
    noticed, without = (vpn_leak.variables[name].parts for name in ("noticed", "without_vpn"))
    assert noticed["patience"] == float(only("services/credit.py", r'"PATIENCE", "([\d.]+)"')) * NS
    assert "PATIENCE" not in (COMPOSE / "routing.yaml").read_text()
    (entry,) = make_plan(vpn_leak).entries
    assert without["outage"] == entry.lasting
    assert without["handshake"] >= REKEY_TIMEOUT


def test_the_captures_look_for_the_partners_network_and_the_tunnels_port(vpn_leak: Found, plan: Plan) -> None:
    """On the public network, at the provider: what is filtered is what the configuration names."""
    leak, tunnel = (vpn_leak.variables[name].arguments for name in ("clear_text", "encrypted"))
    assert leak["filter"] == f"net {plan.topology.network('partner').subnet}"
    port = only("conf/routing/gateway/wg0.conf", r"^ListenPort = (\d+)$")
    assert tunnel["filter"] == f"udp port {port}"
    assert leak["network"] == tunnel["network"] == "public"
    assert {one.name: [host.name for host in one.hosts] for one in plan.probes}["clear_text"] == ["isp"]


def test_the_public_way_is_advertised_before_the_tunnels(plan: Plan) -> None:
    """Both for the same prefix, in the unlucky order, in every arm."""
    assert [entry.targets for entry in plan.boot] == [("isp",), ("partner-gateway",)]
    assert {step.describe().partition(": ")[2] for entry in plan.boot for step in entry.steps} == {
        f"advertise {plan.topology.network('partner').subnet} by BGP"
    }


def test_the_tunnel_goes_down_at_both_ends(plan: Plan) -> None:
    """At one end only the other one would go on sending into it."""
    (entry,) = plan.entries
    assert set(entry.targets) == {"gateway", "partner-gateway"}


def test_every_check_gets_the_samples_it_needs(plan: Plan) -> None:
    """With some to spare for chance, so that no arm is unknown for want of requests."""
    sized = {each.name: each.samples for each in planned_checks(plan) if each.samples}
    assert {"available", "fails_closed"} <= set(sized)
    for name, samples in sized.items():
        assert samples.expected >= 1.15 * samples.needed, name


def test_an_arm_takes_less_than_half_a_minute(plan: Plan) -> None:
    """Short enough for the whole catalogue to be proved in minutes."""
    assert plan.length <= 25 * NS


@pytest.mark.lab
@pytest.mark.catalogue
@pytest.mark.timeout(300)
def test_the_guarantee_holds_and_both_leaks_are_caught(tmp_path: Path) -> None:
    """`prove` passes; the captures hold no clear text in the guarded arm, and a customer's name in each twin."""
    verdicts = proved("routing.vpn_leak", tmp_path, reruns=2)
    assert set(verdicts["guarded"].values()) == {"pass"}
    for twin in ("dynamic", "no-refusal"):
        wrong = failed(verdicts, twin)
        assert wrong == {"stays_private", "fails_closed"}
    told = {
        path.parents[2].name: b"".join(bytes(packet.original) for packet in rdpcap(str(path)))
        for path in tmp_path.glob("*/*/files/clear_text/isp.pcapng")
    }
    assert told["guarded"] == b""
    assert all(b"Jane Doe" in told[twin] for twin in ("dynamic", "no-refusal"))
