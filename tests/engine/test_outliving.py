"""Labs that outlive their keeper: whoever is killed, somebody undoes what was done and takes the lab down."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from chaoskit.engine import facts, journal
from chaoskit.engine.facts import Running
from chaoskit.engine.leftovers import leftovers
from chaoskit.engine.recover import recover
from chaoskit.engine.rpc import Caller, PeerGone
from chaoskit.kernel import nft
from chaoskit.kernel.identity import Identity
from chaoskit.kernel.links import read_link
from chaoskit.kernel.tracking import tracked
from tests.support import lasting
from tests.support.holding import TABLE
from tests.support.machine import tree, until
from tests.support.sights import Containers, Namespaces, Sight

pytestmark = pytest.mark.lab
COMPOSE = Path(__file__).parent / "lasting" / "compose.yaml"
NAMESPACES, CONTAINERS = Namespaces(), Containers()
WITHIN_S = 10.0
"""What invariant 4 allows where a lab does not end with its keeper."""


@dataclass
class _Held:
    """A runner whose lab is up and broken in three ways."""

    process: subprocess.Popen[str]
    run: str
    remarks: str
    directory: Path
    sight: Sight

    @property
    def running(self) -> Running | None:
        """What the runtime folder says of it; None when nothing of it is left."""
        return next((one for one in facts.everything() if one.run == self.run), None)

    @property
    def keeper(self) -> Identity:
        """Its keeper."""
        running = self.running
        assert running
        assert running.keeper
        return running.keeper

    @property
    def left(self) -> list[str]:
        """What is there of the lab."""
        return self.sight.left(self.run)

    @property
    def broken(self) -> tuple[bool, bool, bool]:
        """Whether web-1 hears nobody, whether its link is down, and whether web-2 is frozen."""
        web = self.sight.network(self.run, "web-1")
        deaf, down = nft.read(web, TABLE) is not None, not read_link(web, "eth0").up
        return deaf, down, self.sight.frozen(self.run, "web-2", self.directory)

    def said(self, *lines: str) -> None:
        """Wait for the runner to say so."""
        for line in lines:
            assert self.process.stdout
            assert self.process.stdout.readline() == f"{line}\n"


@pytest.fixture
def _places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders of this test's own for what runs, and the driver installed."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "runtime").mkdir()
    for name, value in lasting.install(tmp_path / "site").items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))


def _start(folder: Path, lasting_s: float, sight: Sight, group: Path | None) -> _Held:
    folder.mkdir()
    argv = [sys.executable, "-m", "tests.support.holding", sight.driver, str(COMPOSE), str(folder), str(lasting_s)]
    joined = ["sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh", *argv] if group else argv
    process = subprocess.Popen(joined, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    run = process.stdout.readline().strip()
    return _Held(process, run, process.stdout.readline().strip(), folder, sight)


def _end(held: _Held) -> None:
    """Whatever a test left undone."""
    held.process.kill()
    held.process.communicate()
    running = held.running  # read once: the keeper of a killed runner is on its way to removing it
    if running and running.keeper and running.keeper.kill(signal.SIGCONT):
        until(lambda: held.running is None, WITHIN_S)
    recover(held.run)
    assert held.left == []


@contextmanager
def _broken(folder: Path, lasting_s: float, sight: Sight = NAMESPACES, group: Path | None = None) -> Iterator[_Held]:
    held = _start(folder, lasting_s, sight, group)
    try:
        held.said("in force")
        assert until(lambda: held.broken == (True, True, True), 5)
        yield held
    finally:
        _end(held)


SIGHTS = [NAMESPACES, pytest.param(CONTAINERS, marks=pytest.mark.docker)]
BOTH = pytest.mark.parametrize("sight", SIGHTS, ids=lambda sight: sight.driver)


@pytest.fixture(params=SIGHTS, ids=lambda sight: sight.driver)
def held(request: pytest.FixtureRequest, _places: None, tmp_path: Path) -> Iterator[_Held]:
    """Broken for ten minutes, on either driver."""
    sight: Sight = request.param
    if sight is CONTAINERS:
        request.getfixturevalue("docker_engine")
    with _broken(tmp_path / "run", 600, sight) as held:
        yield held


@pytest.fixture
def soon_over(_places: None, tmp_path: Path) -> Iterator[_Held]:
    """Broken until its keeper undoes it by itself, a second later."""
    with _broken(tmp_path / "run", 1) as held:
        yield held


def test_a_killed_runner_leaves_nothing(held: _Held) -> None:
    """The keeper descends from no runner and has a session of its own; it undoes, takes down, and says so."""
    assert held.keeper not in tree(held.process.pid)
    assert os.getsid(held.keeper.pid) not in (os.getsid(held.process.pid), os.getsid(0))
    assert held.remarks == "remarks"
    held.process.kill()
    assert until(lambda: held.running is None and not held.left, WITHIN_S)
    left = journal.read(held.directory / journal.FILE)
    assert (left.closed, left.pending) == (True, ())
    assert (held.directory / "keeper.log").read_text() == ""


@BOTH
@pytest.mark.usefixtures("_places")
def test_a_runner_that_is_killed_while_its_lab_comes_up_leaves_nothing(
    request: pytest.FixtureRequest, tmp_path: Path, sight: Sight
) -> None:
    """What was on its way is not made afterwards."""
    if sight is CONTAINERS:
        request.getfixturevalue("docker_engine")
    coming = _start(tmp_path / "run", 600, sight, None)
    try:
        assert until(lambda: bool(coming.left), 20)
        coming.process.kill()
        assert until(lambda: coming.running is None and not coming.left, WITHIN_S)
    finally:
        _end(coming)


def test_without_keeper_and_runner_the_next_command_undoes_everything(held: _Held) -> None:
    """First it says what; nothing is undone by saying. A second time there is nothing to do."""
    _kill_both(held)
    (left,) = leftovers()
    assert left.run == held.run
    assert [line.partition(", begun")[0] for line in left.lines()] == [
        "freeze on web-2 of lasting",
        "cut on web-1 of lasting",
        f"the lab lasting, brought up by {held.sight.driver}",
    ]
    assert held.broken == (True, True, True)
    lines = recover(held.run)
    assert any("undone: web-2: freeze" in line for line in lines)
    assert any("undone: web-1/front" in line for line in lines)
    assert (held.running, held.left) == (None, [])
    assert journal.read(held.directory / journal.FILE).closed
    assert recover(held.run) == ()


def _kill_both(held: _Held) -> None:
    keeper = held.keeper
    keeper.kill(signal.SIGKILL)
    held.process.kill()
    held.process.wait()
    assert until(lambda: not keeper.alive(), 5)


def test_an_action_is_undone_in_time_though_the_runner_hangs(soon_over: _Held) -> None:
    """Each has an expiry, which is the keeper's to enforce; the lab stays up for whoever asked for it."""
    os.kill(soon_over.process.pid, signal.SIGSTOP)
    assert until(lambda: soon_over.broken == (False, False, False), 3)
    assert journal.read(soon_over.directory / journal.FILE).pending == ()
    assert len(soon_over.left) == 3
    os.kill(soon_over.process.pid, signal.SIGCONT)
    soon_over.said("cut undone", "freeze undone")


def test_a_keeper_that_was_itself_paused_undoes_at_once_when_it_goes_on(soon_over: _Held) -> None:
    """What expired meanwhile is not in force a moment longer."""
    os.kill(soon_over.keeper.pid, signal.SIGSTOP)
    assert not until(lambda: soon_over.broken != (True, True, True), 1.5)
    os.kill(soon_over.keeper.pid, signal.SIGCONT)
    assert until(lambda: soon_over.broken == (False, False, False), 0.5)


@pytest.mark.usefixtures("_places")
def test_a_keeper_that_could_not_take_a_call_takes_the_next(tmp_path: Path) -> None:
    """It had no descriptor left for a moment: `chaoskit stop`, and the runner itself, are heard afterwards."""
    with _broken(tmp_path / "run", 600) as held:
        assert held.running
        pid, socket, log = held.keeper.pid, held.running.socket, held.directory / "keeper.log"
        _, hard = before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (1, hard))
        try:
            with closing(Caller.to(socket, "the keeper")) as first, closing(Caller.to(socket, "the keeper")) as second:
                # The one that it waited for has its descriptor already (accept(2) takes it before it waits).
                assert "web-1" in first("topology", within=5.0).by_name
                with pytest.raises(PeerGone, match="does not answer"):
                    second("topology", within=0.2)
            assert until(lambda: "a call could not be taken: " in log.read_text(), 5)
        finally:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        with closing(Caller.to(socket, "the keeper")) as third:
            assert "web-1" in third("topology", within=5.0).by_name


@pytest.fixture
def job() -> Iterator[Path]:
    """A control group of version 2, by which a runner is ended as a CI job is."""
    root = next((each.root for each in tracked() if (each.root / "cgroup.controllers").exists()), None)
    if root is None:
        pytest.skip("this machine has no control groups of version 2 in sight")
    pipeline = root / f"chaoskit-test-{os.getpid()}"
    (pipeline / "job").mkdir(parents=True)
    yield pipeline / "job"
    assert until(lambda: _removed(pipeline / "job") and _removed(pipeline), 5), list(pipeline.rglob("*"))


def _removed(group: Path) -> bool:
    try:
        group.rmdir()
    except OSError:
        return not group.exists()
    return True


@pytest.fixture
def employed(_places: None, job: Path, tmp_path: Path) -> Iterator[_Held]:
    """Broken for ten minutes by a runner in that group."""
    with _broken(tmp_path / "run", 600, group=job) as held:
        yield held


def test_a_keeper_survives_the_end_of_its_runners_control_group(employed: _Held, job: Path) -> None:
    """It has a group beside the runner's, undoes everything, and removes that group."""
    own = job.parent / f"chaoskit-{employed.run}"
    assert [int(pid) for pid in (own / "cgroup.procs").read_text().split()] == [employed.keeper.pid]
    assert employed.keeper.pid not in map(int, (job / "cgroup.procs").read_text().split())
    (job / "cgroup.kill").write_text("1")
    assert until(lambda: employed.running is None and not employed.left, WITHIN_S)
    assert not own.exists()


def test_when_all_groups_are_ended_the_next_command_undoes_everything(employed: _Held, job: Path) -> None:
    """Runner and keeper die at one blow: the lab stays as it was broken, and nothing of it is forgotten."""
    keeper, own = employed.keeper, job.parent / f"chaoskit-{employed.run}"
    (job.parent / "cgroup.kill").write_text("1")
    employed.process.wait(5)
    assert until(lambda: not keeper.alive(), 5)
    assert employed.broken == (True, True, True)
    assert any("took down lasting" in line for line in recover(employed.run))
    assert (employed.running, employed.left, own.exists()) == (None, [], False)


@pytest.mark.usefixtures("_places")
def test_a_run_that_loses_its_keeper_undoes_and_takes_down_at_once(tmp_path: Path) -> None:
    """What was done is in the journal; the verdict is unknown, and nothing is left."""
    file = COMPOSE.with_name("lasting.py")
    argv = ["-m", "chaoskit", "run", f"{file}::frozen", "--driver", lasting.DRIVER, "--runs", str(tmp_path)]
    with subprocess.Popen([sys.executable, *argv, "--json"], stdout=subprocess.PIPE, text=True) as process:
        assert until(lambda: bool(_pending()), 20)
        (running,) = facts.everything()
        assert running.keeper
        running.keeper.kill(signal.SIGKILL)
        assert until(lambda: not NAMESPACES.left(running.run), WITHIN_S)
        said, _ = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "the keeper ended" in said
    assert facts.everything() == ()


def _pending() -> tuple[journal.Pending, ...]:
    """What is in force of the only run there is."""
    paths = [one.directory / journal.FILE for one in facts.everything()]
    return next((journal.read(path).pending for path in paths if path.exists()), ())
