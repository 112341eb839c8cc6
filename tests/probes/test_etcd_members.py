"""`etcd_members` against a real cluster of three members."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.probe import Reader
from chaoskit.core.step import Json
from chaoskit.core.topology import HostInfo
from chaoskit.probes.etcd_members import etcd_members, parse
from tests.probes.daemons import daemon, observed, opened
from tests.wire import Wire, until, wired

NAMES = ("a", "b", "c")

HEADER = {"cluster_id": "1", "member_id": "7", "revision": "40", "raft_term": "3"}
STATUS: Mapping[str, Any] = {"header": HEADER, "leader": "7", "raftIndex": "712", "raftTerm": "3"}
MEMBERS: Mapping[str, Any] = {"header": HEADER, "members": [{"ID": "7"}, {"ID": "8"}, {"ID": "9"}]}


def test_a_leader_is_who_holds_itself_to_be_it() -> None:
    """Its id and the leader's are the same; numbers that the gateway writes as strings are numbers."""
    assert parse(STATUS, MEMBERS) == {
        "leader": True,
        "knows_leader": True,
        "healthy": True,
        "term": 3,
        "index": 712,
        "revision": 40,
        "members": 3,
    }


@pytest.mark.parametrize(
    ("status", "leader", "knows_leader", "healthy"),
    [
        ({**STATUS, "leader": "8"}, False, True, True),
        ({**STATUS, "errors": ["memberID:7 alarm:NOSPACE "]}, True, True, False),
        (
            {k: v for k, v in STATUS.items() if k != "leader"} | {"errors": ["etcdserver: no leader"]},
            False,
            False,
            False,
        ),
    ],
    ids=["follower", "alarm", "no leader: the gateway leaves zero out"],
)
def test_what_a_member_knows_and_how_it_feels(
    status: Mapping[str, Any], leader: bool, knows_leader: bool, healthy: bool
) -> None:
    """Following, leading and knowing are different things, and an alarm is none of them."""
    said = parse(status, MEMBERS)
    assert (said["leader"], said["knows_leader"], said["healthy"]) == (leader, knows_leader, healthy)


@pytest.mark.parametrize("status", [{}, {"header": HEADER}, {**STATUS, "raftTerm": "many"}])
def test_an_answer_that_is_not_etcds_is_an_error(status: Mapping[str, Any]) -> None:
    """It is not read as a member without a leader."""
    with pytest.raises(OSError, match="no status of etcd"):
        parse(status, MEMBERS)


def test_a_host_without_an_address_is_a_usage_error() -> None:
    """There is nobody to ask."""
    with wired("a") as wire, pytest.raises(UsageError, match="a is on no network"):
        opened(wire, etcd_members(), replace(observed(wire, "a"), info=HostInfo("a", "a")))


@dataclass(frozen=True)
class Cluster:
    """Three members, each on a host of its own."""

    wire: Wire
    processes: Mapping[str, subprocess.Popen[bytes]]
    readers: Mapping[str, Reader]

    def said(self, field: str) -> dict[str, Json]:
        """A field of each member's own reading."""
        return {name: read()[field] for name, read in self.readers.items()}

    def leaders(self) -> list[str]:
        """Who holds itself to be the leader."""
        return [name for name, leads in self.said("leader").items() if leads]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Up, with a leader that everybody knows."""
    with wired(*NAMES) as wire, contextlib.ExitStack() as stack:
        peers = ",".join(f"{name}=http://{wire.address(name)}:2380" for name in NAMES)
        processes = {
            name: stack.enter_context(daemon(wire, name, _member(name, wire.address(name), peers, tmp_path / name)))
            for name in NAMES
        }
        readers = {name: opened(wire, etcd_members(), observed(wire, name, timeout=0.5)) for name in NAMES}
        cluster = Cluster(wire, processes, readers)
        assert until(_without_error(lambda: all(cluster.said("knows_leader").values())), 15)
        yield cluster


def _member(name: str, address: str, peers: str, data: Path) -> list[str]:
    client, peer = f"http://{address}:2379", f"http://{address}:2380"
    return [
        *("etcd", "--name", name, "--data-dir", str(data), "--initial-cluster", peers, "--unsafe-no-fsync"),
        *("--listen-client-urls", client, "--advertise-client-urls", client),
        *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
    ]


def _without_error(holds: Callable[[], bool]) -> Callable[[], bool]:
    def quietly() -> bool:
        try:
            return holds()
        except OSError:
            return False

    return quietly


@pytest.mark.lab
def test_a_leader_that_is_cut_off_says_so_until_its_time_is_over(cluster: Cluster) -> None:
    """One leads, all know three members; cut off, it leads on for a while, then knows nobody, and another one leads."""
    (old,) = cluster.leaders()
    assert cluster.said("members") == dict.fromkeys(NAMES, 3)
    (term,) = set(cluster.said("term").values())
    others = [name for name in NAMES if name != old]
    unheard = ", ".join(cluster.wire.address(name) for name in others)
    cluster.wire.nft(
        old,
        "table inet cut { chain deaf { type filter hook prerouting priority raw; "
        f"ip saddr {{ {unheard} }} drop; }}; }}",
    )
    assert cluster.leaders() == [old]
    assert until(lambda: cluster.readers[old]()["knows_leader"] is False, 4)
    assert cluster.readers[old]()["healthy"] is False
    assert until(lambda: len(cluster.leaders()) == 1, 4)
    (new,) = cluster.leaders()
    assert new in others
    told = cluster.readers[new]()["term"]
    assert isinstance(told, int)
    assert isinstance(term, int)
    assert told > term


@pytest.mark.lab
def test_a_member_that_does_not_answer_is_an_error(cluster: Cluster) -> None:
    """Hanging it is a timeout, gone it is refused; the others go on saying that there are three."""
    victim = NAMES[0]
    cluster.processes[victim].send_signal(signal.SIGSTOP)
    with pytest.raises(TimeoutError, match=r"etcd at 198\.18\.1\.1:2379 did not answer within 0\.5 s"):
        cluster.readers[victim]()
    cluster.processes[victim].kill()
    cluster.processes[victim].wait()
    with pytest.raises(ConnectionRefusedError):
        cluster.readers[victim]()
    assert cluster.readers[NAMES[1]]()["members"] == 3
