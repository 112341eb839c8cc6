"""The discovery lab on real daemons: who is in the balancer's pool while instances and the registry come and go."""

import http.client
import time
from collections.abc import Callable, Iterator, Mapping
from signal import SIGKILL

import pytest

from chaoskit.core.host import HostState
from chaoskit.core.lab import Lab
from chaoskit.engine.probing import Site
from chaoskit.kernel.namespaces import in_network
from chaoskit.labs.load import load_lab
from chaoskit.labs.native.lab import NativeLab
from chaoskit.probes.etcd_members import etcd_members
from chaoskit.probes.haproxy_servers import haproxy_servers
from tests.labs.native.build import up

pytestmark = pytest.mark.lab

VIP = "198.18.97.80"
INSTANCES = {"web-a", "web-b", "web-c"}
MEMBERS = ("etcd-a", "etcd-b", "etcd-c")

LEASE_TTL = 5.0
"""compose/discovery.yaml"""
EXPIRY = 0.5
"""How often etcd looks for leases that have run out (lease/lessor.go, version 3.4)."""
RESYNC = 2.0
"""compose/discovery.yaml: the feeder reads the registry again at the latest after it."""
CHECK_DOWN = 2 * 0.5 + 0.4
"""haproxy.cfg: fall x inter, and a last check that hangs until its time-out."""
MARGIN = 1.0


@pytest.fixture(scope="module")
def discovery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeLab]:
    """The lab, up; each test leaves it whole."""
    with up(load_lab(Lab("discovery")), tmp_path_factory.mktemp("discovery"), timeout=20) as lab:
        yield lab


def servers(lab: NativeLab) -> Mapping[str, object]:
    """The balancer's servers and their states, by slot."""
    site = Site(lab, lab.topology.by_name["lb"], 2.0)
    return in_network(lab.hosts["lb"].netns(), haproxy_servers().open(site))


def pool(lab: NativeLab) -> list[object]:
    """The states of those slots that are given to an instance."""
    return [state for state in servers(lab).values() if state != "MAINT"]


def served(lab: NativeLab) -> str:
    """The instance that answers one request of the client."""

    def fetch() -> str:
        connection = http.client.HTTPConnection(VIP, timeout=2)
        connection.request("GET", "/")
        response = connection.getresponse()
        response.read()
        connection.close()
        assert response.status == 200
        return str(response.getheader("X-Instance"))

    return in_network(lab.hosts["client"].netns(), fetch)


def leaders(lab: NativeLab) -> list[str]:
    """Members that say that they lead; those that do not answer say nothing."""

    def leads(name: str) -> bool:
        site = Site(lab, lab.topology.by_name[name], 1.0)
        try:
            return bool(in_network(lab.hosts[name].netns(), etcd_members().open(site))["leader"])
        except OSError:
            return False

    return [name for name in MEMBERS if leads(name)]


def seconds_until(holds: Callable[[], bool], limit: float) -> float:
    """How long it took, looking every 20 ms; a failure when it takes longer than the limit."""
    started = time.monotonic()
    while (passed := time.monotonic() - started) <= limit:
        if holds():
            return passed
        time.sleep(0.02)
    pytest.fail(f"not true within {limit:g} s")


def test_every_instance_is_in_the_pool_and_serves(discovery: NativeLab) -> None:
    """The lab is ready when all three have announced themselves and the feeder has given each a slot."""
    assert pool(discovery) == ["UP", "UP", "UP"]
    assert {served(discovery) for _ in range(6)} == INSTANCES
    assert len(leaders(discovery)) == 1


def test_a_dead_instance_leaves_the_pool_with_its_lease_and_comes_back(discovery: NativeLab) -> None:
    """Checks put it down first; its slot is emptied once the lease has run out, and no request ever fails."""
    killed = time.monotonic()
    discovery.hosts["web-b"].kill(SIGKILL)
    seconds_until(lambda: sorted(map(str, pool(discovery))) == ["DOWN", "UP", "UP"], CHECK_DOWN + MARGIN)
    left = LEASE_TTL + EXPIRY + MARGIN - (time.monotonic() - killed)
    seconds_until(lambda: pool(discovery) == ["UP", "UP"], left)
    assert time.monotonic() - killed > LEASE_TTL * 2 / 3 - 0.1, "it left before its lease can have run out"
    assert {served(discovery) for _ in range(6)} == INSTANCES - {"web-b"}
    discovery.hosts["web-b"].start()
    seconds_until(lambda: pool(discovery) == ["UP", "UP", "UP"], 3)
    assert {served(discovery) for _ in range(6)} == INSTANCES


def test_an_instance_that_is_stopped_withdraws_at_once(discovery: NativeLab) -> None:
    """Long before its lease runs out."""
    discovery.hosts["web-c"].stop()
    seconds_until(lambda: pool(discovery) == ["UP", "UP"], MARGIN)
    discovery.hosts["web-c"].start()
    seconds_until(lambda: pool(discovery) == ["UP", "UP", "UP"], 3)


def test_a_restarted_balancer_is_given_its_pool_again(discovery: NativeLab) -> None:
    """Its slots are empty after the start; the feeder notices although the registry has not changed."""
    discovery.hosts["lb"].kill(SIGKILL)
    seconds_until(lambda: discovery.hosts["lb"].status().state is HostState.EXITED, 2)
    discovery.hosts["lb"].start()
    seconds_until(lambda: _quietly(lambda: pool(discovery) == ["UP", "UP", "UP"]), RESYNC + MARGIN)


def test_the_pool_stays_while_the_registry_is_gone(discovery: NativeLab) -> None:
    """Longer than any lease lives; and when the registry is back, the pool follows it again."""
    for name in MEMBERS:
        discovery.hosts[name].kill(SIGKILL)
    until = time.monotonic() + LEASE_TTL + EXPIRY + MARGIN
    while time.monotonic() < until:
        assert pool(discovery) == ["UP", "UP", "UP"]
        assert served(discovery) in INSTANCES
        time.sleep(0.05)
    for name in MEMBERS:
        discovery.hosts[name].start()
    seconds_until(lambda: len(leaders(discovery)) == 1, 6)
    assert pool(discovery) == ["UP", "UP", "UP"]
    discovery.hosts["web-a"].stop()
    seconds_until(lambda: pool(discovery) == ["UP", "UP"], RESYNC + 2 * MARGIN)
    discovery.hosts["web-a"].start()
    seconds_until(lambda: pool(discovery) == ["UP", "UP", "UP"], 5)


def _quietly(holds: Callable[[], bool]) -> bool:
    """Whether it holds; what cannot be read does not."""
    try:
        return holds()
    except OSError:
        return False
