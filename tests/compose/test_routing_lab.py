"""The routing lab on real daemons: which way the service's packets take, by whose word, and when there is none."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from ipaddress import IPv4Address
from pathlib import Path
from random import Random

import pytest

from chaoskit.actions.advertise_route import advertise_route
from chaoskit.core.action import Action, Planning
from chaoskit.core.lab import Lab
from chaoskit.core.selector import role
from chaoskit.core.units import NS
from chaoskit.kernel.namespaces import in_network
from chaoskit.kernel.routes import Route, towards
from chaoskit.labs.load import load_lab
from chaoskit.labs.native.lab import NativeLab
from tests.labs.native.build import up
from tests.wire import until

pytestmark = pytest.mark.lab

PARTNER = "198.18.84.0/24"
PUBLIC = advertise_route(PARTNER, at=role("provider"))
VPN = advertise_route(PARTNER, at=role("partner-gateway"))
PROVIDER, PARTNERS_END = "198.18.82.20", "198.18.85.2"
CONF = Path(__file__).parents[2] / "compose" / "conf" / "routing"


def arm(name: str, folder: Path) -> AbstractContextManager[NativeLab]:
    """The lab of one arm, up."""
    lab = Lab("routing") if name == "guarded" else Lab("routing").over(f"routing.{name}.yaml")
    return up(load_lab(lab), folder, timeout=30)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeLab]:
    """The guarded lab."""
    with arm("guarded", tmp_path_factory.mktemp("guarded")) as lab:
        yield lab


def done(lab: NativeLab, action: Action) -> None:
    """Do an action and see it confirmed."""
    for step in action.steps(Planning(lab.topology, Random(1), 30 * NS)):
        prior = step.prepare(lab)
        step.do(lab, prior)
        assert until(lambda: step.confirm(lab, prior).holds)  # noqa: B023


def way(lab: NativeLab) -> Route:
    """The way our gateway sends the partner's packets."""
    return in_network(lab.hosts["gateway"].netns(), lambda: towards(IPv4Address("198.18.84.10")))


def heard(lab: NativeLab, prefix: str) -> list[str]:
    """The neighbours from which our gateway has accepted a path to a prefix."""
    argv = ["vtysh", "-c", f"show bgp ipv4 unicast {prefix} json"]
    paths = json.loads(lab.hosts["gateway"].run(argv, timeout=5).stdout).get("paths", [])
    return sorted(path["peer"]["peerId"] for path in paths)


def asked(lab: NativeLab) -> int:
    """The status a caller gets."""

    def fetch() -> int:
        connection = http.client.HTTPConnection("198.18.80.20", 8080, timeout=3)
        connection.request("GET", "/customers/7")
        status = connection.getresponse().status
        connection.close()
        return status

    return in_network(lab.hosts["caller"].netns(), fetch)


def tunnel(lab: NativeLab, state: str) -> None:
    """Set both ends of the tunnel up or down."""
    for name in ("gateway", "partner-gateway"):
        assert lab.hosts[name].run(["ip", "link", "set", "wg0", state], timeout=5).exit_code == 0


def test_the_partner_is_reached_by_the_tunnel_whatever_is_advertised_and_else_refused_at_once(
    guarded: NativeLab,
) -> None:
    """The public way first changes nothing; without the tunnel callers are told, and with it they are served again."""
    done(guarded, PUBLIC)
    done(guarded, VPN)
    assert (way(guarded).device, way(guarded).protocol) == ("wg0", "static")
    assert asked(guarded) == 200
    tunnel(guarded, "down")
    assert way(guarded).kind == "unreachable"
    began = time.monotonic()
    assert asked(guarded) == 503
    assert time.monotonic() - began < 0.4
    tunnel(guarded, "up")
    assert until(lambda: asked(guarded) == 200, 8)
    assert way(guarded).device == "wg0"


def test_frr_runs_what_its_file_says(guarded: NativeLab) -> None:
    """Every route and every neighbour of the file is in the running configuration: nothing was refused on the way."""
    for router in ("gateway", "isp", "partner-gateway"):
        running = guarded.hosts[router].run(["vtysh", "-c", "show running-config"], timeout=5).stdout
        for line in (CONF / router / "frr.conf").read_text().splitlines():
            if line.startswith(("ip route", " neighbor")):
                assert line in running


def test_the_provider_cannot_advertise_a_default_route_or_our_own_prefix(guarded: NativeLab) -> None:
    """It tries both, and then something else, which is accepted; of the others there is nothing in the table."""
    given = ["ip route 198.18.95.0/24 blackhole", "router bgp 65010", "address-family ipv4 unicast"]
    given += ["neighbor 198.18.82.10 default-originate", "network 198.18.81.0/24", "network 198.18.95.0/24"]
    argv = ["vtysh", "-c", "configure terminal", *(word for line in given for word in ("-c", line))]
    done = guarded.hosts["isp"].run(argv, timeout=5)
    assert (done.exit_code, done.stdout) == (0, "")
    assert until(lambda: _advertised(guarded) >= {"0.0.0.0/0", "198.18.81.0/24", "198.18.95.0/24"})
    assert until(lambda: heard(guarded, "198.18.95.0/24") == [PROVIDER])
    assert heard(guarded, "0.0.0.0/0") == []
    assert PROVIDER not in heard(guarded, "198.18.81.0/24")


def _advertised(lab: NativeLab) -> set[str]:
    """What the provider says it advertises to our gateway."""
    argv = ["vtysh", "-c", "show bgp ipv4 unicast neighbors 198.18.82.10 advertised-routes json"]
    said = json.loads(lab.hosts["isp"].run(argv, timeout=5).stdout)
    routes = set(said["advertisedRoutes"])
    return routes | {"0.0.0.0/0"} if said.get("bgpOriginatingDefaultNetwork") or "0.0.0.0/0" in routes else routes


@pytest.mark.parametrize(("first", "second", "by_vpn"), [(PUBLIC, VPN, False), (VPN, PUBLIC, True)])
def test_left_to_bgp_the_way_heard_first_is_taken(tmp_path: Path, first: Action, second: Action, by_vpn: bool) -> None:
    """Two equal paths, and nothing but the order decides; the service works either way."""
    with arm("dynamic", tmp_path) as lab:
        for action in (first, second):
            done(lab, action)
        assert until(lambda: heard(lab, PARTNER) == [PROVIDER, PARTNERS_END])
        assert until(lambda: way(lab).protocol == "bgp")
        assert (way(lab).device == "wg0") is by_vpn
        assert asked(lab) == 200


def test_a_static_route_alone_gives_way_to_the_provider_when_the_tunnel_goes_down(tmp_path: Path) -> None:
    """The service goes on working, in clear."""
    with arm("no-refusal", tmp_path) as lab:
        done(lab, PUBLIC)
        assert way(lab).device == "wg0"
        assert asked(lab) == 200
        tunnel(lab, "down")
        assert until(lambda: way(lab).via == "198.18.82.20")
        assert until(lambda: asked(lab) == 200)
