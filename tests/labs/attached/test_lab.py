"""An attached project: its hosts, its client, and what is left."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chaoskit.core.errors import LabBusy, LabError, LabGone, UsageError
from chaoskit.core.host import HostState
from chaoskit.core.lab import Lab
from chaoskit.kernel.links import read_link
from chaoskit.labs.attached.lab import AttachedLab
from chaoskit.labs.attached.spec import attached_spec
from chaoskit.labs.attachment import Attachment, Container
from chaoskit.labs.change import HostChange
from chaoskit.labs.spec import LabSpec
from tests.support.machine import until
from tests.support.webshop import Webshop

pytestmark = pytest.mark.docker
ROLES = Lab("compose.yaml", roles={"app": "service"}, regions={"*": "here"})


@pytest.fixture
def spec(webshop: Webshop) -> LabSpec:
    """The project as it is now."""
    return attached_spec(Attachment(webshop.project), ROLES)


def _lab(spec: LabSpec, folder: Path, run: str = "r1") -> AttachedLab:
    folder.mkdir(exist_ok=True)
    return AttachedLab(spec, folder, run_id=run, notify=lambda _change: None)


@pytest.fixture
def lab(spec: LabSpec, tmp_path: Path) -> Iterator[AttachedLab]:
    """The project with a client."""
    lab = _lab(spec, tmp_path)
    try:
        lab.up(30)
        yield lab
    finally:
        lab.down()


def _said(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=20).stdout


def test_hosts_are_the_running_containers(spec: LabSpec, webshop: Webshop) -> None:
    """Named as Compose numbers them, with the experiment's roles, and links as their namespaces have them."""
    assert [host.name for host in spec.topology.hosts] == [
        *("app-1", "app-2", "app-3", "backup", "gate", "redis", "web", "client")
    ]
    assert {host.name: host.role for host in spec.topology.hosts}["app-2"] == "service"
    assert spec.topology.by_name["redis"].region == "here"
    (link,) = spec.topology.by_name["gate"].links
    told = webshop.inspect("gate-1")["NetworkSettings"]["Networks"][f"{webshop.project}_default"]
    assert (link.name, link.device) == ("gate/default", "eth0")
    assert (link.address, link.prefix, link.mac) == (told["IPAddress"], told["IPPrefixLen"], told["MacAddress"])
    assert link.address.startswith("198.19.")
    policies = {host.name: (host.image, host.restart.name, host.environment) for host in spec.hosts}
    assert policies["redis"] == ("redis:8.0", "always", {})
    assert spec.standing
    assert spec.standing.containers["app-2"].name == webshop.container("app-2")
    assert spec.standing.containers["app-2"].id == webshop.inspect("app-2")["Id"]


def test_a_project_that_is_not_there_is_told_from_those_that_are(webshop: Webshop) -> None:
    """By name, and the nearest one."""
    with pytest.raises(
        UsageError, match=rf"is not on this engine\n  Did you mean '{webshop.project}'.*Running projects: "
    ):
        attached_spec(Attachment(f"{webshop.project}x"), ROLES)
    with pytest.raises(UsageError, match=r"roles: 'apq' matches no service of project webshop"):
        attached_spec(Attachment(webshop.project), Lab("x.yaml", roles={"apq": "service"}))


def test_the_client_is_where_the_plan_has_it(lab: AttachedLab, webshop: Webshop) -> None:
    """Its own device, address and MAC; it reaches the project by name, and `docker compose` does not know of it."""
    (link,) = lab.topology.by_name["client"].links
    netns = lab.hosts["client"].netns()
    assert read_link(netns, link.device).up
    inside = ["nsenter", f"--net={netns}", "--"]
    assert f"inet {link.address}/{link.prefix} " in _said(*inside, "ip", "-o", "addr", "show", link.device)
    assert f"link/ether {link.mac} " in _said(*inside, "ip", "-o", "link", "show", link.device)
    entry = lab.topology.by_name["web"].addresses[0]
    assert _said(*inside, "curl", "--silent", "--max-time", "10", f"http://{entry}/health") == "ok"
    assert webshop.clients() == ["/chaoskit-client-r1"]
    assert "client" not in webshop.compose("ps", "--all")


def test_a_network_that_is_shared_is_its_owners(lab: AttachedLab) -> None:
    """A sidecar can be paused, but a fault of its network would be one of the other container."""
    assert lab.topology.by_name["backup"].links == ()
    with pytest.raises(LabError, match=r"backup uses the network of redis: .* would be one of redis"):
        lab.hosts["backup"].netns()
    lab.hosts["backup"].pause()
    lab.hosts["backup"].resume()
    assert lab.hosts["backup"].status().state is HostState.RUNNING


def test_nothing_is_left_of_the_client(lab: AttachedLab, webshop: Webshop) -> None:
    """Neither container nor image; and what is there of it is told by another object as well."""
    assert "container chaoskit-client-r1" in lab.left()
    lab.down()
    lab.down()
    assert (lab.left(), webshop.clients()) == ((), [])
    assert webshop.api.images("chaoskit/client") == []


def test_a_change_that_stays_is_told(lab: AttachedLab, spec: LabSpec, tmp_path: Path) -> None:
    """As long as it is there, by whoever is asked: this is what an audit reads."""
    netns = lab.hosts["redis"].netns()
    route = ["198.18.77.0/24", "dev", "eth0"]
    _said("nsenter", f"--net={netns}", "ip", "route", "add", *route)
    try:
        lab.hosts["app-3"].pause()
        assert until(lambda: lab.hosts["app-3"].status().state is HostState.PAUSED, 5)
        lines = _lab(spec, tmp_path).left()
        assert any("redis-1: its routes have beside:" in line and "198.18.77.0/24" in line for line in lines), lines
        assert any('app-3: State.Status was "running" and is "paused"' in line for line in lines), lines
    finally:
        lab.hosts["app-3"].resume()
        _said("nsenter", f"--net={netns}", "ip", "route", "del", *route)
    assert [line for line in lab.left() if "client" not in line] == []


def test_what_another_process_began_can_be_taken_over_and_undone(
    lab: AttachedLab, spec: LabSpec, tmp_path: Path
) -> None:
    """Its hosts can be entered and thawed; after `down` as well, for undoing may take more than one attempt."""
    lab.hosts["app-1"].pause()
    lab.hosts["app-2"].pause()
    other = _lab(spec, tmp_path)
    other.take_over()
    other.hosts["app-1"].resume()
    other.down()
    other.hosts["app-2"].resume()
    other.down()
    assert other.left() == ()
    with pytest.raises(LabGone, match="nothing had been done"):
        _lab(spec, tmp_path / "empty").take_over()


def test_one_run_at_a_time(lab: AttachedLab, webshop: Webshop, tmp_path: Path) -> None:
    """The other waits: what it would take for the project as found is what the first one has done to it."""
    second = _lab(attached_spec(Attachment(webshop.project), ROLES), tmp_path / "second", "r2")
    with pytest.raises(LabBusy, match="has another run attached: r1"):
        second.up(30)
    assert webshop.clients() == ["/chaoskit-client-r1"]


def test_a_project_that_changed_since_it_was_planned_for_is_left_alone(
    webshop: Webshop, spec: LabSpec, tmp_path: Path
) -> None:
    """Another container, or another address, is not what the plan means."""
    assert spec.standing
    host = spec.topology.by_name["redis"]
    moved = replace(host, links=(replace(host.links[0], address="198.19.0.99"),))
    hosts = tuple(moved if one is host else one for one in spec.topology.hosts)
    containers = {**spec.standing.containers, "app-1": Container("0" * 64, "another")}
    old = replace(
        spec,
        topology=replace(spec.topology, hosts=hosts),
        standing=replace(spec.standing, containers=containers),
    )
    with pytest.raises(LabError, match=r"app-1 does not run any more, .*app-1 is new, redis has another address"):
        _lab(old, tmp_path).up(30)
    assert webshop.clients() == []


def test_a_daemon_that_is_revived_has_a_new_network(webshop: Webshop, spec: LabSpec, tmp_path: Path) -> None:
    """Its restart policy applies, as the kill is no engine's; it is told, and nothing else differs."""
    changes: list[HostChange] = []
    lab = AttachedLab(spec, tmp_path, run_id="r3", notify=changes.append)
    try:
        lab.up(30)
        old = lab.hosts["gate"].status().pid
        lab.hosts["gate"].kill(9)
        assert until(lambda: any(one.host == "gate" and one.new_network for one in changes), 20)
        assert lab.hosts["gate"].status().pid not in (None, old)
        ended = next(one for one in changes if one.host == "gate" and one.state is HostState.EXITED)
        assert ended.exit_code == -9
    finally:
        lab.down()
    assert until(lambda: lab.left() == (), 10), lab.left()


def test_another_address_after_a_restart_is_told(lab: AttachedLab, spec: LabSpec, tmp_path: Path) -> None:
    """What was planned by the address that a host had before does not reach it any more."""
    host = spec.topology.by_name["gate"]
    moved = replace(host, links=(replace(host.links[0], address="198.19.0.99"),))
    hosts = tuple(moved if one is host else one for one in spec.topology.hosts)
    changes: list[HostChange] = []
    planned = replace(spec, topology=replace(spec.topology, hosts=hosts))
    other = AttachedLab(planned, tmp_path, run_id="r1", notify=changes.append)
    other.take_over()
    try:
        other.hosts["gate"].kill(9)
        assert until(lambda: any("in place of 198.19.0.99" in one.reason for one in changes), 20)
    finally:
        other.down()
    assert sum(one.new_network for one in changes) == 1


def test_the_logs_of_a_project_are_its_own(lab: AttachedLab, webshop: Webshop) -> None:
    """Whoever wants them is told where they are."""
    with pytest.raises(LabError, match=f"docker logs {webshop.container('web-1')}"):
        lab.logs("web")
