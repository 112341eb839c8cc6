"""The gslb lab on real daemons: who is told which address, before, during and after the death of a pool."""

import http.client
import json
import runpy
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from signal import SIGKILL

import dns.message
import dns.query
import pytest

from chaoskit.core.lab import Lab
from chaoskit.core.units import NS
from chaoskit.core.window import Bound
from chaoskit.kernel.namespaces import in_network
from chaoskit.labs.load import load_lab
from chaoskit.labs.native.lab import NativeLab
from tests.labs.native.build import up

pytestmark = pytest.mark.lab

EXPERIMENTS = runpy.run_path(str(Path(__file__).parents[2] / "experiments" / "gslb.py"))
OUT_OF_DNS: Bound = EXPERIMENTS["out_of_dns"]
BACK_IN_DNS: Bound = EXPERIMENTS["back_in_dns"]

VIP = {"eu": "198.18.16.80", "na": "198.18.17.80"}
RESOLVER = {"eu": "198.18.16.20", "na": "198.18.17.20"}
EU_POOL = ("web-eu-1", "web-eu-2", "web-eu-3")


@pytest.fixture(scope="module")
def gslb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeLab]:
    """The guarded lab, up; each test leaves all of its hosts running."""
    with up(load_lab(Lab("gslb")), tmp_path_factory.mktemp("gslb")) as lab:
        yield lab


@pytest.fixture(scope="module")
def plain_dns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeLab]:
    """The twin, up; the last test leaves it without its pool of eu."""
    with up(load_lab(Lab("gslb").over("gslb.plain-dns.yaml")), tmp_path_factory.mktemp("plain-dns")) as lab:
        yield lab


def answer(lab: NativeLab, region: str, *, asked: str = "") -> str:
    """What the region's client is told by its own resolver, or by the one at another address."""
    question = dns.message.make_query("price.example.com", "A")
    ask = partial(dns.query.udp, question, asked or RESOLVER[region], timeout=2)
    told = in_network(lab.hosts[f"client-{region}"].netns(), ask)
    return " ".join(str(record) for rrset in told.answer for record in rrset)


def served(lab: NativeLab, region: str, address: str) -> str:
    """The region of the instance that answers the region's client at an address; empty for a 503."""

    def fetch() -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(address, timeout=2)
        connection.request("GET", "/")
        response = connection.getresponse()
        told = response.status, response.read()
        connection.close()
        return told

    status, body = in_network(lab.hosts[f"client-{region}"].netns(), fetch)
    assert status in (200, 503)
    return str(json.loads(body)["region"]) if status == 200 else ""


def seconds_until(holds: Callable[[], bool], limit: Bound) -> float:
    """How long it took, looking every 20 ms; a failure when it takes longer than the limit."""
    started = time.monotonic()
    while (passed := time.monotonic() - started) <= limit.total / NS:
        if holds():
            return passed
        time.sleep(0.02)
    pytest.fail(f"not true within {limit}")


def test_each_region_is_told_the_near_vip_and_served_there(gslb: NativeLab) -> None:
    """Client, resolver, GSLB, VIP, instance: the chain holds in both regions as soon as the lab is ready."""
    for region, vip in VIP.items():
        assert answer(gslb, region) == vip
        assert served(gslb, region, vip) == region


def test_near_is_what_the_clients_subnet_says_not_the_resolvers(gslb: NativeLab) -> None:
    """A client that asks the other region's resolver is told its own region's VIP: the subnet reaches gdnsd."""
    assert answer(gslb, "na", asked=RESOLVER["eu"]) == VIP["na"]
    assert answer(gslb, "eu", asked=RESOLVER["na"]) == VIP["eu"]


def test_clients_ask_their_regions_resolver(gslb: NativeLab) -> None:
    """Their resolv.conf names it: that is where the load generator looks."""
    for region, resolver in RESOLVER.items():
        shown = gslb.hosts[f"client-{region}"].run(["cat", "/etc/resolv.conf"], timeout=5).stdout
        assert shown.split()[:2] == ["nameserver", resolver]


def test_one_dead_instance_is_the_balancers_business(gslb: NativeLab) -> None:
    """With two instances left the VIP stays healthy, answers every request, and stays in DNS."""
    gslb.hosts["web-eu-1"].kill(SIGKILL)
    until = time.monotonic() + 3
    while time.monotonic() < until:
        assert served(gslb, "eu", VIP["eu"]) == "eu"
        assert answer(gslb, "eu") == VIP["eu"]
    gslb.hosts["web-eu-1"].start()


def test_a_dead_pool_leaves_the_answers_and_comes_back_within_the_bounds(gslb: NativeLab) -> None:
    """The bounds that the experiment derives from the configuration hold, and na's answers never change."""
    for host in EU_POOL:
        gslb.hosts[host].kill(SIGKILL)
    seconds_until(lambda: answer(gslb, "eu") == VIP["na"], OUT_OF_DNS)
    assert served(gslb, "eu", VIP["na"]) == "na"
    assert served(gslb, "eu", VIP["eu"]) == ""
    assert answer(gslb, "na") == VIP["na"]
    for host in EU_POOL:
        gslb.hosts[host].start()
    seconds_until(lambda: answer(gslb, "eu") == VIP["eu"], BACK_IN_DNS)
    assert served(gslb, "eu", VIP["eu"]) == "eu"


def test_plain_dns_is_near_by_the_resolver_alone(plain_dns: NativeLab) -> None:
    """The twin does what people expect of it while nothing breaks - except for clients of a distant resolver."""
    for region, vip in VIP.items():
        assert answer(plain_dns, region) == vip
        assert served(plain_dns, region, vip) == region
    assert answer(plain_dns, "na", asked=RESOLVER["eu"]) == VIP["eu"]


def test_plain_dns_keeps_giving_the_dead_address(plain_dns: NativeLab) -> None:
    """Until the bound of the guarded lab has passed, and then still, eu is told its dead VIP, which says 503."""
    for host in EU_POOL:
        plain_dns.hosts[host].kill(SIGKILL)
    until = time.monotonic() + OUT_OF_DNS.total / NS
    while time.monotonic() < until:
        assert answer(plain_dns, "eu") == VIP["eu"]
        time.sleep(0.1)
    assert answer(plain_dns, "eu") == VIP["eu"]
    assert served(plain_dns, "eu", VIP["eu"]) == ""
