"""How a project differs from how it was found: what counts, and what a restart explains."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chaoskit.kernel.network_state import State
from chaoskit.labs.attached import snapshot
from chaoskit.labs.attached.difference import differences
from chaoskit.labs.attached.snapshot import Seen, SeenNetwork, Snapshot
from chaoskit.labs.attached.volatile import fields
from tests.labs.attached.made import container

SALT = "00ff"


def _state(address: str = "198.19.0.2", mac: str = "02:00:00:00:00:02", port: int = 41001) -> State:
    link = {"ifname": "eth0", "address": mac, "addr_info": [{"local": address, "prefixlen": 24}]}
    return {
        "links": (json.dumps({"ifname": "eth0", "address": mac, "mtu": 1500}),),
        "addresses": (json.dumps(link),),
        "routes": (json.dumps({"dst": "default", "gateway": "198.19.0.1", "prefsrc": address}),),
        "nft": (f"ip daddr 127.0.0.11 udp dport 53 counter dnat to 127.0.0.11:{port}",),
        "qdiscs": (),
        "sysctls": ("ipv4/ip_forward = 0",),
    }


def _seen(raw: dict[str, Any], state: State | None = None) -> Seen:
    return Seen(raw["Name"].lstrip("/"), raw["State"]["StartedAt"], fields(raw, SALT), state or _state())


def _snapshot(*seen: Seen, members: tuple[str, ...] = ("shop-web-1",)) -> Snapshot:
    network = SeenNetwork("shop_default", {"Driver": '"bridge"'}, members)
    return Snapshot(SALT, True, {one.name: one for one in seen}, {"n": network})


BEFORE = _snapshot(_seen(container("web")))


def _changed(**paths: Any) -> dict[str, Any]:
    """The container with other values, by the path of keys joined by `__`."""
    raw = deepcopy(container("web"))
    for path, value in paths.items():
        *way, last = path.split("__")
        place = raw
        for key in way:
            place = place[key]
        place[last] = value
    return raw


def test_what_is_as_it_was_does_not_differ() -> None:
    """Healthchecks go on, which is nobody's change."""
    later = _changed(State__Health__Log=["fine"], ExecIDs=["a healthcheck"])
    assert differences(BEFORE, _snapshot(_seen(later))) == ()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (_changed(State__Status="paused"), 'State.Status was "running" and is "paused"'),
        (_changed(HostConfig__RestartPolicy__Name="no"), 'HostConfig.RestartPolicy.Name was "always" and is "no"'),
        (_changed(Config__Env=["PASSWORD=other"]), "Config.Env was digest"),
        (_changed(Config__Labels={}), "Config.Labels was digest"),
        (_changed(NetworkSettings__Networks__shop_default__IPAddress="198.19.0.9"), "IPAddress was"),
        (_changed(State__Pid=7), "State.Pid was 101 and is 7"),
        (_changed(State__Health__Status="unhealthy"), 'State.Health.Status was "healthy" and is "unhealthy"'),
    ],
)
def test_a_container_that_is_configured_otherwise_differs(raw: dict[str, Any], said: str) -> None:
    """By field; what may be secret is neither said nor written down."""
    (line,) = differences(BEFORE, _snapshot(_seen(raw)))
    assert line.startswith("shop-web-1: ")
    assert said in line
    assert "PASSWORD" not in line


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"nft": (*_state()["nft"], "table inet chaoskit_1 {")}, "its nft have beside: table inet chaoskit_1 {"),
        ({"routes": ()}, 'its routes lack: {"dst": "default"'),
        ({"qdiscs": ("netem",)}, "its qdiscs have beside: netem"),
        ({"sysctls": ("ipv4/ip_forward = 1",)}, "its sysctls lack: ipv4/ip_forward = 0"),
    ],
)
def test_a_namespace_that_is_configured_otherwise_differs(state: State, said: str) -> None:
    """Of a daemon that was not started again every line counts, and of one that was as well."""
    for raw in (container("web"), _changed(State__StartedAt="t1")):
        lines = differences(BEFORE, _snapshot(_seen(raw, {**_state(), **state})))
        assert any(line.startswith(f"shop-web-1: {said}") for line in lines), lines


AGAIN = {
    "State__StartedAt": "t1",
    "State__Pid": 999,
    "RestartCount": 1,
    "NetworkSettings__SandboxKey": "/run/netns/b",
    "NetworkSettings__Networks__shop_default__IPAddress": "198.19.0.7",
    "NetworkSettings__Networks__shop_default__MacAddress": "02:00:00:00:00:07",
    "State__Health__Status": "starting",
}


def test_a_daemon_that_was_started_again_may_have_another_namespace() -> None:
    """With the addresses and the resolver's ports that the engine gave it now; only then."""
    other = _state("198.19.0.7", "02:00:00:00:00:07", 52002)
    assert differences(BEFORE, _snapshot(_seen(_changed(**AGAIN), other))) == ()
    same_daemon = {key: value for key, value in AGAIN.items() if key != "State__StartedAt"}
    lines = differences(BEFORE, _snapshot(_seen(_changed(**same_daemon), other)))
    assert len(lines) == len(same_daemon) - 1 + 8  # a health that is being asked for is nobody's doing
    ill = _changed(**{**AGAIN, "State__Health__Status": "unhealthy"})
    assert len(differences(BEFORE, _snapshot(_seen(ill, other)))) == 1


@pytest.mark.parametrize(
    ("was", "now", "streak", "differs"),
    [
        ("healthy", "unhealthy", 3, True),
        ("healthy", "unhealthy", 0, False),
        ("healthy", "starting", 0, False),
        ("starting", "healthy", 0, False),
        ("unhealthy", "healthy", 0, False),
        ("starting", "unhealthy", 3, True),
    ],
)
def test_only_who_was_found_ill_since_is_ill(was: str, now: str, streak: int, differs: bool) -> None:
    """The engine calls a container unhealthy while it is paused, and until it is asked again."""
    before = _snapshot(_seen(_changed(State__Health={"Status": was, "FailingStreak": 3})))
    after = _snapshot(_seen(_changed(State__Health={"Status": now, "FailingStreak": streak})))
    assert bool(differences(before, after)) is differs


def test_an_address_is_not_taken_for_the_beginning_of_another() -> None:
    """198.19.0.2 is not in 198.19.0.22."""
    was = {**_state(), "routes": ('"198.19.0.22"',)}
    now = {**_state("198.19.0.7"), "routes": ('"198.19.0.72"',)}
    again = _changed(State__StartedAt="t1")
    lines = differences(_snapshot(_seen(container("web"), was)), _snapshot(_seen(again, now)))
    assert [line for line in lines if "routes" in line] == [
        'shop-web-1: its routes lack: "198.19.0.22"',
        'shop-web-1: its routes have beside: "198.19.0.72"',
    ]


def test_containers_and_members_that_come_and_go_differ() -> None:
    """Whoever brought or removed them."""
    after = _snapshot(_seen(container("app")), members=("shop-app-1",))
    assert differences(BEFORE, after) == (
        "shop-web-1 is gone",
        "shop-app-1 is new",
        "network shop_default: shop-web-1 has left it",
        "network shop_default: shop-app-1 has joined it",
    )
    lost = Snapshot(SALT, True, BEFORE.containers, {})
    assert differences(BEFORE, lost) == ("network shop_default is gone",)


def test_a_snapshot_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    """Only its owner may read it, and nothing in it is secret. Without one, or with half of one, nothing was done."""
    assert snapshot.read(tmp_path) is None
    snapshot.write(BEFORE, tmp_path)
    file = tmp_path / snapshot.FILE
    assert differences(BEFORE, snapshot.read(tmp_path) or _snapshot()) == ()
    assert snapshot.read(tmp_path) == BEFORE
    assert file.stat().st_mode & 0o777 == 0o600
    assert "secret" not in file.read_text()
    file.write_text(file.read_text()[:100])
    assert snapshot.read(tmp_path) is None


ENDED = {
    "State__Status": "exited",
    "State__Running": False,
    "State__Pid": 0,
    "State__ExitCode": 137,
    "State__FinishedAt": "2026-01-01T00:01:00Z",
    "NetworkSettings__Ports": {},
    "NetworkSettings__SandboxID": "",
}


def _running(*, runs: bool, **paths: Any) -> Snapshot:
    raw = _changed(**(({} if runs else ENDED) | paths))
    raw["State"].setdefault("Running", True)
    seen = Seen("shop-web-1", raw["State"]["StartedAt"], fields(raw, SALT), _state() if runs else None)
    return _snapshot(seen, members=("shop-web-1",) if runs else ())


def test_an_end_is_one_line_with_its_exit_code() -> None:
    """What follows from it, down to the networks that it has left, is not told beside."""
    assert differences(_running(runs=True), _running(runs=False)) == ("shop-web-1 ran and has ended, exit code 137",)


def test_a_container_that_was_down_and_runs_is_one_line() -> None:
    """That it has joined its networks again is not told beside."""
    assert differences(_running(runs=False), _running(runs=True)) == ("shop-web-1 did not run and does now",)


def test_what_does_not_follow_from_an_end_is_told_beside() -> None:
    """A changed restart policy is nobody's dying."""
    after = _running(runs=False, HostConfig__RestartPolicy={"Name": "no", "MaximumRetryCount": 0})
    end, *others = differences(_running(runs=True), after)
    assert end == "shop-web-1 ran and has ended, exit code 137"
    assert len(others) == 1
    assert "RestartPolicy.Name" in others[0]


def _looping(**paths: Any) -> dict[str, Any]:
    """A container between two starts of its restart policy."""
    loop = {"State__Restarting": True, "State__Status": "restarting", "State__ExitCode": 1, "RestartCount": 7}
    return _changed(**{**loop, **paths})


def test_of_a_container_that_kept_restarting_only_its_configuration_counts() -> None:
    """Up, down or between two starts, whatever it says of its network; but who configures it otherwise is told."""
    found = replace(_seen(_looping()), restarting=True)
    for later in (
        _changed(RestartCount=8, State__StartedAt="t9", State__Restarting=False),
        _looping(State__Running=False, State__ExitCode=137, State__Error="no such file"),
    ):
        after = _snapshot(replace(_seen(later), network=None), members=())
        assert differences(_snapshot(found), after) == ()
    other = _looping(HostConfig__RestartPolicy__Name="no")
    (line,) = differences(_snapshot(found), _snapshot(_seen(other)))
    assert "HostConfig.RestartPolicy.Name" in line


@pytest.mark.parametrize(
    ("raw", "restarting"),
    [
        (_looping(), True),
        (_changed(RestartCount=3, State__StartedAt="2026-05-01T00:00:55.123456789Z"), True),
        (_changed(RestartCount=3, State__StartedAt="2026-05-01T00:00:49Z"), False),
        (_changed(RestartCount=0, State__StartedAt="2026-05-01T00:00:59Z"), False),
        (_changed(RestartCount=3, State__Running=False, State__StartedAt="2026-05-01T00:00:59Z"), False),
    ],
)
def test_a_restart_loop_is_told_from_a_restart(raw: dict[str, Any], restarting: bool) -> None:
    """Between two starts, or up for less than the ten seconds after which the engine believes that it lives."""
    now = datetime(2026, 5, 1, 0, 1, tzinfo=UTC).timestamp()
    assert snapshot.keeps_restarting(raw, now) is restarting
