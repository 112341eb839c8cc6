"""The vip lab on real daemons: who holds the address, and what makes it move."""

import http.client
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaoskit.actions.claim_vip import claim_vip
from chaoskit.actions.move_vip import move_vip
from chaoskit.core.action import Planning
from chaoskit.core.errors import StepError
from chaoskit.core.lab import Lab
from chaoskit.core.selector import name
from chaoskit.core.step import Step
from chaoskit.core.units import NS
from chaoskit.kernel import addresses, arp
from chaoskit.kernel.namespaces import in_network
from chaoskit.labs.load import load_lab
from chaoskit.labs.native.lab import NativeLab
from tests.labs.native.build import up
from tests.wire import until

pytestmark = pytest.mark.lab

VIP = "198.18.112.100"
PEER = {"lb-1": "lb-2", "lb-2": "lb-1"}
YIELD = "/run/keepalived.yield"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeLab]:
    """The guarded lab, up, for tests after which one balancer holds the address as before them, whichever it is."""
    with up(load_lab(Lab("vip")), tmp_path_factory.mktemp("vip")) as lab:
        yield lab


@pytest.fixture
def vip(tmp_path: Path) -> Iterator[NativeLab]:
    """The guarded lab, up, for one test."""
    with up(load_lab(Lab("vip")), tmp_path) as lab:
        yield lab


@pytest.fixture
def hardened(tmp_path: Path) -> Iterator[NativeLab]:
    """The twin whose clients drop gratuitous ARP, up."""
    with up(load_lab(Lab("vip").over("vip.drop-gratuitous-arp.yaml")), tmp_path) as lab:
        yield lab


def holders(lab: NativeLab) -> list[str]:
    """The balancers that have the address."""
    return [lb for lb in PEER if in_network(lab.hosts[lb].netns(), lambda: addresses.held(VIP)) is not None]


def mac(lab: NativeLab, host: str) -> str:
    """A host's hardware address on the front network."""
    return lab.topology.link_to(VIP, lab.topology.by_name[host]).mac


def known(lab: NativeLab, client: str) -> str:
    """The MAC a client has for the address, empty without one."""
    entries = in_network(lab.hosts[client].netns(), lambda: list(addresses.neighbours()))
    return next((entry.mac for entry in entries if entry.address == VIP), "")


def served(lab: NativeLab, client: str) -> str:
    """The instance that answers a client, empty when none does within a second."""

    def fetch() -> str:
        connection = http.client.HTTPConnection(VIP, timeout=1)
        try:
            connection.request("GET", "/")
            return connection.getresponse().headers["X-Instance"]
        except OSError:
            return ""
        finally:
            connection.close()

    return in_network(lab.hosts[client].netns(), fetch)


def planned(lab: NativeLab, *arguments: object, **options: object) -> Step:
    """The one step of a move."""
    action = move_vip(VIP, *arguments, **options)  # type: ignore[arg-type]
    (step,) = action.steps(Planning(lab.topology, random.Random(1), 10 * NS))
    return step


def leave_to_peer(lab: NativeLab, holder: str) -> None:
    """Have the holder give the address up; its peer keeps it."""
    step = planned(lab, name(holder), track_file=YIELD)
    prior = step.prepare(lab)
    step.do(lab, prior)
    assert until(lambda: holders(lab) == [PEER[holder]])
    step.undo(lab, prior)


def test_one_balancer_holds_the_address_and_serves_every_client(shared: NativeLab) -> None:
    """From the moment the lab is ready; the other answers nobody, and keepalived finds nothing to warn of."""
    (holder,) = holders(shared)
    assert {served(shared, client) for client in ("client-1", "client-2") for _ in range(6)} == {
        "web-1",
        "web-2",
        "web-3",
    }
    asked = in_network(shared.hosts["client-1"].netns(), lambda: arp.who_has("eth0", VIP, within=0.1))
    assert asked == (mac(shared, holder),) == (known(shared, "client-2"),)
    for balancer in PEER:
        argv = ["keepalived", "--config-test", "--config-id", balancer, "--use-file", "/etc/keepalived/keepalived.conf"]
        done = shared.hosts[balancer].run(argv, timeout=5)
        assert (done.exit_code, done.stdout + done.stderr) == (0, "")


def test_a_balancer_that_starts_is_a_backup_at_once(shared: NativeLab) -> None:
    """Keepalived's first question finds HAProxy serving: nothing has failed when the lab is ready."""
    for balancer in PEER:
        log = shared.logs(balancer).read_text()
        assert "VRRP_Script(haproxy) succeeded" in log
        assert "VRRP_Script(haproxy) failed" not in log


def test_clients_doubt_an_arp_entry_as_late_as_the_twin_relies_on(shared: NativeLab) -> None:
    """Believed for half of 30 s at least, then doubted for 5 s, probed three times: after 23 s, longer than a run."""
    folder = "/proc/sys/net/ipv4/neigh/eth0"
    wanted = {"base_reachable_time_ms": "30000", "delay_first_probe_time": "5", "ucast_solicit": "3"}
    for setting, value in wanted.items():
        assert shared.hosts["client-1"].run(["cat", f"{folder}/{setting}"], timeout=5).stdout.strip() == value


def test_a_balancer_that_is_asked_yields_and_does_not_take_back(shared: NativeLab) -> None:
    """`move_vip` by keepalived's track file: the peer has it at once, clients follow, and undone it stays there."""
    (holder,) = holders(shared)
    step = planned(shared, name(holder), track_file=YIELD)
    prior = step.prepare(shared)
    assert not step.confirm(shared, prior).holds
    step.do(shared, prior)
    assert until(lambda: step.confirm(shared, prior).holds)
    assert until(lambda: holders(shared) == [PEER[holder]])
    assert until(lambda: known(shared, "client-1") == mac(shared, PEER[holder]))
    assert served(shared, "client-1")
    for _ in range(2):
        step.undo(shared, prior)
    assert shared.hosts[holder].run(["cat", YIELD], timeout=5).stdout == "0\n"
    assert not until(lambda: holders(shared) != [PEER[holder]], seconds=1.5)


def test_an_address_that_keepalived_manages_is_not_somebody_elses_to_move(vip: NativeLab) -> None:
    """Moved from the one of higher priority behind its back it is there twice, so the action can ask the daemon."""
    holder = "lb-1"
    if holders(vip) != [holder]:
        leave_to_peer(vip, PEER[holder])
    step = planned(vip, name(holder), name(PEER[holder]))
    prior = step.prepare(vip)
    step.do(vip, prior)
    assert until(lambda: holders(vip) == ["lb-1", "lb-2"])
    with pytest.raises(StepError, match="No such file"):
        planned(vip, name(holder), track_file="/run/none").prepare(vip)


def test_a_backup_that_claims_the_address_serves_beside_the_holder(shared: NativeLab) -> None:
    """Keepalived lets it be: two answer for the address, and clients have gone over to the one that announced it."""
    (holder,) = holders(shared)
    assert served(shared, "client-1")
    claim = claim_vip(VIP, name(PEER[holder]))
    (step,) = claim.steps(Planning(shared.topology, random.Random(1), 10 * NS))
    prior = step.prepare(shared)
    step.do(shared, prior)
    assert until(lambda: known(shared, "client-1") == mac(shared, PEER[holder]))
    assert not until(lambda: holders(shared) != ["lb-1", "lb-2"], seconds=1)
    asked = in_network(shared.hosts["client-2"].netns(), lambda: arp.who_has("eth0", VIP, within=0.1))
    assert set(asked) == {mac(shared, balancer) for balancer in PEER}
    assert served(shared, "client-1")
    step.undo(shared, prior)
    assert holders(shared) == [holder]


def test_a_balancer_whose_haproxy_dies_gives_the_address_away(vip: NativeLab) -> None:
    """Keepalived's script sees it within two of its seconds; clients are served by the other."""
    (holder,) = holders(vip)
    host = vip.hosts[holder]
    master = host.run(["pgrep", "--oldest", "--exact", "haproxy"], timeout=5).stdout.strip()
    host.run(["kill", "-KILL", master], timeout=5)
    assert until(lambda: holders(vip) == [PEER[holder]], seconds=6)
    assert until(lambda: served(vip, "client-1") != "", seconds=3)


def test_a_balancer_whose_haproxy_hangs_gives_the_address_away(vip: NativeLab) -> None:
    """Its process is there and its socket accepts, but nobody is answered: keepalived asks, and two time-outs do."""
    (holder,) = holders(vip)
    host = vip.hosts[holder]
    processes = host.run(["pgrep", "--exact", "haproxy"], timeout=5).stdout.split()
    host.run(["kill", "-STOP", *processes], timeout=5)
    assert until(lambda: holders(vip) == [PEER[holder]], seconds=8)
    assert until(lambda: served(vip, "client-1") != "", seconds=3)
    host.run(["kill", "-CONT", *processes], timeout=5)


def test_a_balancer_that_is_stopped_gives_the_address_up_and_ends_in_order(vip: NativeLab) -> None:
    """SIGTERM ends keepalived first, which tells its peer, then HAProxy; the host exits with 0 within its grace."""
    (holder,) = holders(vip)
    vip.hosts[holder].stop()
    assert holders(vip) == [PEER[holder]]
    assert vip.hosts[holder].status().exit_code == 0
    assert served(vip, "client-1")


def test_a_hardened_client_goes_on_with_the_old_mac(hardened: NativeLab) -> None:
    """The address has moved and is answered for by the new holder, but the client heeds no announcement."""
    (holder,) = holders(hardened)
    assert served(hardened, "client-1")
    hardened.hosts[holder].power_off()
    peer = PEER[holder]
    there = hardened.hosts[peer].netns()
    assert until(lambda: in_network(there, lambda: addresses.held(VIP)) is not None)
    assert not until(lambda: known(hardened, "client-1") != mac(hardened, holder), seconds=1)
    assert served(hardened, "client-1") == ""
