"""Runs on somebody's project: what they do to it, how it is left, whoever is killed meanwhile."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from chaoskit.core.progress import Silent
from chaoskit.core.result import ArmResult
from chaoskit.core.verdict import PASS
from chaoskit.engine import facts
from chaoskit.engine.discovery import select
from chaoskit.engine.facts import Running
from chaoskit.engine.options import RunOptions
from chaoskit.engine.prove import Choice, run_experiment
from chaoskit.engine.recover import recover
from chaoskit.kernel.nft import tables
from chaoskit.labs.attachment import Attachment, Permit
from tests.support.machine import tree, until
from tests.support.webshop import SECRET, Webshop

pytestmark = pytest.mark.docker
EXPERIMENTS = Path(__file__).parent / "webshop.py"
EVERY = ("app-1", "app-2", "app-3", "gate-1", "redis-1", "web-1")
RUN = """
import sys
from pathlib import Path
from chaoskit.core.progress import Silent
from chaoskit.engine.discovery import select
from chaoskit.engine.options import RunOptions
from chaoskit.engine.prove import Choice, run_experiment
from chaoskit.labs.attachment import Attachment
(found,) = select([sys.argv[1]])
choice = Choice(seed=1, attachment=Attachment(sys.argv[2]))
run_experiment(found, choice, RunOptions(Path(sys.argv[3])), Silent())
"""
WITHIN_S = 20.0
"""For what takes tenths of a second on a machine without anything else to do."""


def _run(shop: Webshop, name: str, runs: Path, *permits: Permit) -> ArmResult:
    (found,) = select([f"{EXPERIMENTS}::{name}"])
    choice = Choice(seed=1, attachment=Attachment(shop.project, permits=frozenset(permits)))
    (arm,) = run_experiment(found, choice, RunOptions(runs), Silent()).arms
    return arm


def test_a_project_is_left_as_found_after_faults_of_every_kind(webshop: Webshop, tmp_path: Path) -> None:
    """Faults take effect, also again in the network that a revived container has; nothing of them stays.

    What was not killed has the same daemon, addresses, routes, rules and queues, byte by byte. What was has the same
    configuration. No value of the environment and no log of the project is on disk.
    """
    alive = [host for host in EVERY if host != "app-2"]
    before, killed = webshop.look(*alive), webshop.inspect("app-2")
    arm = _run(webshop, "every_kind", tmp_path, Permit.EVERY_INSTANCE)
    moments = {(event.subject, event.what) for event in arm.history.events if event.kind == "action"}
    assert moments >= {(name, "confirmed") for name in ("deaf", "death", "frozen", "unplugged")}, arm.reason
    assert ("deaf", "done again") in moments
    assert {one.name: one.verdict for one in arm.checks}["clean"].outcome is PASS, arm.reason
    assert webshop.look(*alive) == before
    assert webshop.clients() == []
    again = webshop.inspect("app-2")
    assert again["State"]["Pid"] != killed["State"]["Pid"]
    assert (again["Config"], again["HostConfig"], again["Mounts"]) == (killed["Config"], killed["HostConfig"], [])
    assert list((arm.directory / "logs").glob("app*")) == []
    assert [file for file in arm.directory.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()] == []


@pytest.fixture
def found(webshop: Webshop) -> Mapping[str, object]:
    """The project as it is before a run."""
    return webshop.look(*EVERY)


@pytest.fixture
def going(webshop: Webshop, tmp_path: Path, found: Mapping[str, object]) -> Iterator[subprocess.Popen[bytes]]:
    """A run in a process of its own, which has frozen app-1 and made app-3 deaf for a long time."""
    argv = [sys.executable, "-c", RUN, f"{EXPERIMENTS}::killed", webshop.project, str(tmp_path)]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert until(lambda: _broken(webshop), WITHIN_S)
        yield process
    finally:
        process.kill()
        process.wait()
        until(lambda: not [one for one in _of(tmp_path) if one.alive], WITHIN_S)
        recover()


def _broken(shop: Webshop) -> bool:
    return bool(shop.inspect("app-1")["State"]["Paused"] and _rules(shop))


def _rules(shop: Webshop) -> tuple[str, ...]:
    """Our tables in the network of app-3."""
    return tables(Path(f"/proc/{shop.inspect('app-3')['State']['Pid']}/ns/net"))


def _of(runs: Path) -> list[Running]:
    return [one for one in facts.everything() if one.directory.is_relative_to(runs)]


def test_the_next_command_undoes_what_a_killed_run_left(
    webshop: Webshop, going: subprocess.Popen[bytes], found: Mapping[str, object], tmp_path: Path
) -> None:
    """Runner, keeper and load generator are killed at once: the project stays broken until somebody looks."""
    (run,) = _of(tmp_path)
    assert run.keeper
    victims = {run.keeper, *tree(going.pid)}
    assert len(victims) >= 3
    for one in victims:
        one.kill(signal.SIGKILL)
    going.wait()
    assert until(lambda: not any(one.alive() for one in victims), 5)
    assert _broken(webshop)
    said = recover(run.run)
    assert any("undone: app-1" in line for line in said), said
    assert any(line.endswith(f"left {run.lab}") for line in said), said
    assert (webshop.look(*EVERY), webshop.clients()) == (found, [])
    assert _of(tmp_path) == []
    assert recover(run.run) == ()


def test_the_keeper_undoes_what_a_killed_runner_left(
    webshop: Webshop, going: subprocess.Popen[bytes], found: Mapping[str, object], tmp_path: Path
) -> None:
    """Nobody has to do anything; afterwards the project is as it was before."""
    going.kill()
    going.wait()
    assert until(lambda: not webshop.inspect("app-1")["State"]["Paused"], WITHIN_S)
    assert until(lambda: not _of(tmp_path), WITHIN_S)
    assert (webshop.look(*EVERY), webshop.clients()) == (found, [])
