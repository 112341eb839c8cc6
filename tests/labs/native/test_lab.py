"""The life of a native lab: up, ready, down, and nothing left."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from chaoskit.core.errors import LabError, MissingTool
from chaoskit.core.host import HostState
from chaoskit.kernel.namespaces import in_network
from chaoskit.labs.native.lab import NativeLab
from chaoskit.labs.spec import Condition, Dependency, Healthcheck, Note, RestartPolicy
from tests.labs.native import machine
from tests.labs.native.build import host, lab, up

pytestmark = [pytest.mark.lab, pytest.mark.alone]

WEB = ("python3", "-m", "http.server", "80")


def test_a_lab_comes_up_and_leaves_the_machine_as_it_was(tmp_path: Path) -> None:
    """Hosts run with their addresses while the lab is up; afterwards links, mounts, rules and cgroups are as before."""
    before = machine.read()
    with up(lab(host("a"), host("b"), gateways=["a"]), tmp_path) as running:
        states = {name: each.status().state for name, each in running.hosts.items()}
        assert states == {"a": HostState.RUNNING, "b": HostState.RUNNING}
        assert machine.processes(tmp_path)
        assert machine.read() == before
    assert machine.wait_empty(tmp_path) == []
    assert machine.read() == before
    assert not (tmp_path / "disk").exists()


def test_down_twice_is_down(tmp_path: Path) -> None:
    """`down` may be called again, and before `up`."""
    running = NativeLab(lab(host("a")), tmp_path, run_id="test-run", notify=lambda _: None)
    running.down()
    running.up(5)
    running.down()
    running.down()
    assert running.hosts["a"].status().state is HostState.OFF


def test_two_labs_with_the_same_subnets_do_not_meet(tmp_path: Path) -> None:
    """The same lab twice at once: each client reaches its own server, though both have one address."""
    spec = lab(
        host("web", "sh", "-c", "mkdir -p /srv; cd /srv; hostname > name; exec python3 -m http.server 80"), host("c")
    )
    other = replace(spec, hosts=(replace(spec.hosts[0], hostname="other"), spec.hosts[1]))
    with up(spec, tmp_path / "1") as one, up(other, tmp_path / "2") as two:
        assert fetch(one, "c", "http://web/name") == "web\n"
        assert fetch(two, "c", "http://web/name") == "other\n"


def fetch(running: NativeLab, client: str, url: str) -> str:
    """GET from inside a host, tried until the server listens."""
    script = (
        "import time, urllib.request as u\n"
        "for _ in range(100):\n"
        "    try: print(u.urlopen('" + url + "', timeout=2).read().decode(), end=''); break\n"
        "    except OSError: time.sleep(0.05)\n"
    )
    done = running.hosts[client].run([os.path.realpath(sys.executable), "-I", "-S", "-c", script], timeout=10)
    assert done.exit_code == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("moment", ["early", "steady", "paused"])
@pytest.mark.parametrize("victim", ["keeper", "island"])
def test_sigkill_at_any_moment_leaves_nothing(tmp_path: Path, moment: str, victim: str) -> None:
    """The keeper or the island is killed without warning: within 2 s no process or mount of the lab is there."""
    before = machine.read()
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from tests.labs.native.build import host, lab\n"
        "from chaoskit.labs.native.lab import NativeLab\n"
        "spec = lab(*[host(f'h{n}') for n in range(8)])\n"
        f"it = NativeLab(spec, Path({str(tmp_path)!r}), run_id='test-run', notify=lambda _: None)\n"
        "print('begin', flush=True)\n"
        "it.up(20)\n"
        f"if {moment!r} == 'paused': it.hosts['h3'].pause()\n"
        "print(it.identities()[0][1].pid, flush=True)\n"
        "time.sleep(30)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]
    ) as keeper:
        assert keeper.stdout is not None
        keeper.stdout.readline()
        if moment == "early":
            _until(lambda: len(machine.processes(tmp_path)) > 2)
            pids = machine.processes(tmp_path)
            os.kill(keeper.pid if victim == "keeper" else min(pids), signal.SIGKILL)
        else:
            island = int(keeper.stdout.readline())
            os.kill(keeper.pid if victim == "keeper" else island, signal.SIGKILL)
        left = machine.wait_empty(tmp_path)
        keeper.kill()
    assert left == []
    assert machine.read() == before


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05, 0.1, 0.2])
def test_a_lab_can_be_taken_down_while_it_comes_up(tmp_path: Path, delay: float) -> None:
    """Whenever `down` comes, from another thread, `up` ends in an error and nothing is left."""
    before = machine.read()
    it = NativeLab(lab(host("slow", healthcheck=Healthcheck(("false",)))), tmp_path, run_id="r", notify=lambda _: None)
    ending = threading.Timer(delay, it.down)
    ending.start()
    began = time.monotonic()
    with pytest.raises(LabError):
        it.up(5)
    # Before `up` has begun there is nothing to take down, and it goes on until its time is over.
    assert delay == 0 or time.monotonic() - began < 3
    ending.join(5)
    assert not ending.is_alive()
    assert machine.wait_empty(tmp_path) == []
    assert machine.read() == before


def _until(condition: object, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_dependencies_are_started_in_order(tmp_path: Path) -> None:
    """`service_healthy` and `service_completed_successfully` hold a host back until they are met."""
    turns: list[tuple[str, str]] = []
    job = host("job", "true")
    db = host(
        "db", "sh", "-c", "sleep 0.2; touch /run/up; exec sleep 100", healthcheck=Healthcheck(("test", "-e", "/run/up"))
    )
    wants = (Dependency("db", Condition.HEALTHY), Dependency("job", Condition.COMPLETED))
    spec = lab(host("web", depends_on=wants), db, job)
    with up(spec, tmp_path, notify=lambda change: turns.append((change.host, change.reason))) as running:
        assert running.hosts["db"].status().healthy is True
        assert turns.index(("web", "started")) > turns.index(("db", "healthy"))
        assert turns.index(("web", "started")) > turns.index(("job", "exited"))


def test_a_host_that_is_not_healthy_in_time_is_named_with_its_log(tmp_path: Path) -> None:
    """The error names the host, what the check wrote and the tail of the log; nothing is left."""
    sick = host(
        "sick",
        "sh",
        "-c",
        "echo cannot open the database; sleep 100",
        healthcheck=Healthcheck(("sh", "-c", "echo no; false")),
    )
    running = NativeLab(lab(sick), tmp_path, run_id="test-run", notify=lambda _: None)
    with pytest.raises(LabError, match=r"(?s)lab\.yaml:4: host sick is not healthy no.*cannot open the database"):
        running.up(0.5)
    assert machine.wait_empty(tmp_path) == []


def test_a_daemon_that_ends_during_the_start_fails_the_lab(tmp_path: Path) -> None:
    """An exit code other than 0 while others get ready is an error with the log's tail, well before the timeout."""
    broken = host("a", "sh", "-c", "echo bad configuration; exit 3")
    slow = host("b", healthcheck=Healthcheck(("false",)))
    running = NativeLab(lab(broken, slow), tmp_path, run_id="test-run", notify=lambda _: None)
    began = time.monotonic()
    with pytest.raises(LabError, match=r"(?s)host a ended with exit code 3.*bad configuration"):
        running.up(20)
    assert time.monotonic() - began < 10


def test_a_daemon_that_ends_just_after_its_start_fails_the_lab(tmp_path: Path) -> None:
    """Without a healthcheck anywhere, a daemon that refuses its configuration is still seen, with its log's tail."""
    broken = host("a", "sh", "-c", "sleep 0.01; echo bad configuration; exit 3")
    running = NativeLab(lab(host("b"), broken), tmp_path, run_id="test-run", notify=lambda _: None)
    with pytest.raises(LabError, match=r"(?s)host a ended with exit code 3.*bad configuration"):
        running.up(20)
    assert machine.wait_empty(tmp_path) == []


def test_an_early_end_that_is_meant_does_not_fail_the_lab(tmp_path: Path) -> None:
    """A job that ends with 0, and a daemon that its restart policy starts again, are no mistakes."""
    job = host("job", "true")
    stubborn = host("stubborn", "sh", "-c", "exit 3", restart=RestartPolicy("on-failure"))
    turns: list[tuple[str, str]] = []
    with up(lab(job, stubborn), tmp_path, notify=lambda change: turns.append((change.host, change.reason))) as running:
        assert ("stubborn", "exited") in turns
        assert running.hosts["job"].status().exit_code == 0


def test_a_lab_says_when_its_processes_were_there(tmp_path: Path) -> None:
    """Hosts exist before daemons are executed, and those before all of them are ready."""
    slow = host("slow", "sh", "-c", "sleep 0.3; touch /run/up; exec sleep 100")
    slow = replace(slow, healthcheck=Healthcheck(("test", "-e", "/run/up")))
    running = NativeLab(lab(slow, host("b")), tmp_path, run_id="test-run", notify=lambda _: None)
    try:
        timings = running.up(20)
    finally:
        running.down()
    assert 0 < timings.created_s < timings.started_s
    assert timings.ready_s - timings.started_s > 0.25


def test_what_cannot_run_is_said_before_anything_is_created(tmp_path: Path) -> None:
    """Refused keys, unknown images, absent programs and circles are errors, and no directory was made."""
    refused = replace(lab(host("a")), refused=(Note("lab.yaml:3", "a", "privileged", "not on this driver"),))
    circle = lab(host("a", depends_on=(Dependency("b"),)), host("b", depends_on=(Dependency("a"),)))
    cases = [
        (refused, r"lab\.yaml:3: service a: privileged"),
        (lab(host("a", image="nginxx")), r"(?s)no daemon for the image 'nginxx'.*Did you mean 'nginx'"),
        (circle, "in a circle"),
        (lab(host("a", sysctls={"kernel.panic": "1"})), r"kernel\.panic is not the network's"),
        (lab(host("a", cap_add=("FLY",))), "no capability 'FLY'"),
        (lab(host("a", cap_add=("SYS_TIME",))), "SYS_TIME would reach this machine"),
    ]
    for number, (spec, message) in enumerate(cases):
        target = tmp_path / str(number)
        with pytest.raises(LabError, match=message):
            NativeLab(spec, target, run_id="test-run", notify=lambda _: None).up(5)
        assert not target.exists()


def test_a_missing_daemon_names_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MissingTool holds the apt command."""
    monkeypatch.setattr("chaoskit.labs.native.images.PATH", "/nowhere")
    with pytest.raises(
        MissingTool, match=r"(?s)service dns needs named.*apt-get install --no-install-recommends bind9"
    ):
        NativeLab(lab(host("dns", image="bind9")), tmp_path / "x", run_id="test-run", notify=lambda _: None).up(5)
    assert not (tmp_path / "x").exists()


def test_no_route_leads_out(tmp_path: Path) -> None:
    """A host on two networks forwards nothing, the island neither: other networks are out of reach."""
    spec = lab(host("a"), host("b"), host("r"), networks={"x": ["a", "r"], "y": ["b", "r"]}, gateways=["x", "y"])
    with up(spec, tmp_path) as running:
        target = spec.topology.by_name["b"].addresses[0]
        with pytest.raises(OSError, match=r"timed out|unreachable"):
            in_network(running.hosts["a"].netns(), lambda: _connect(target, 80))
        far = in_network(running.hosts["r"].netns(), lambda: _refused(target))
        assert far


def _connect(address: str, port: int) -> None:
    with socket.create_connection((address, port), 0.3):
        pass


def _refused(address: str) -> bool:
    try:
        _connect(address, 80)
    except ConnectionRefusedError:
        return True
    return False
