"""SIGKILL of any chaoskit process, or of all together, at any moment of a run: nothing is left after 2 s."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from chaoskit.engine import facts
from chaoskit.engine.recover import recover
from chaoskit.kernel.identity import Identity
from tests.support.machine import Machine, commands, look, tree, until

pytestmark = [pytest.mark.lab, pytest.mark.alone]
SMALL = Path(__file__).parent / "small" / "small.py"
MOMENTS = int(os.environ.get("CHAOSKIT_KILL_MOMENTS", "2"))
"""Random moments for each victim; the release check runs it with 10 (50 kills)."""

EARLY = ("runner", "keeper", "all")
"""Whose death ends the run at once, and may come before there is a lab."""

_RUN = """
import sys
from pathlib import Path
from chaoskit.core.progress import Silent
from chaoskit.engine.discovery import select
from chaoskit.engine.options import RunOptions
from chaoskit.engine.prove import Choice, run_experiment
(found,) = select([sys.argv[1]])
run_experiment(found, Choice(seed=1), RunOptions(Path(sys.argv[2])), Silent())
"""


@dataclass
class _Going:
    """A run in a process of its own, and the machine as it was before."""

    process: subprocess.Popen[bytes]
    before: Machine
    runs: Path

    def processes(self) -> dict[Identity, str]:
        """The run's processes and what they are."""
        return commands(tree(self.process.pid))


@pytest.fixture
def going(tmp_path: Path) -> Iterator[_Going]:
    """A run whose lab is up and whose daemon web-1 is frozen in the middle of it."""
    before = look()
    process = subprocess.Popen([sys.executable, "-c", _RUN, f"{SMALL}::frozen", str(tmp_path)], stderr=subprocess.PIPE)
    yield _Going(process, before, tmp_path)
    process.kill()
    process.communicate()
    recover()


def _victims(victim: str, processes: dict[Identity, str]) -> list[Identity]:
    words = {"keeper": "chaoskit.engine.keeper", "load": "chaoskit.loads.child", "island": "labs/native/bootstrap.py"}
    if victim == "all":
        return [one for one, command in processes.items() if "python" in command and "/srv/web.py" not in command]
    if victim == "runner":
        return [one for one, command in processes.items() if SMALL.name in command]
    return [one for one, command in processes.items() if words[victim] in command]


@pytest.mark.parametrize(
    ("victim", "moment"),
    [
        (victim, moment)
        for victim in ("runner", "keeper", "island", "load", "all")
        # The first is for those that are there before the lab is up.
        for moment in range(0 if victim in EARLY else 1, MOMENTS)
    ],
)
def test_nothing_is_left_two_seconds_after_a_kill(going: _Going, victim: str, moment: int) -> None:
    """Links, rules, mounts, processes, sysctls and qdiscs are as before; what the run owned is gone."""
    rng = random.Random(f"{victim}/{moment}")
    early = moment % 2 == 0 and victim in EARLY
    if early:
        assert until(lambda: bool(_victims("keeper", going.processes())), 10)
        time.sleep(rng.uniform(0, 1.5))
    else:  # the fault is in force from 1 s after the origin on: web-1 is frozen
        assert until(lambda: _frozen(going), 20)
        time.sleep(rng.uniform(0, 1.0))
    everything = going.processes()
    victims = _victims(victim, everything)
    assert victims or early
    for one in victims:
        one.kill(signal.SIGKILL)
    killed = time.monotonic()
    try:
        going.process.wait(12)  # a runner that survives takes down, writes its report and ends
    finally:
        gone = [one for one in everything if one.pid != going.process.pid]
        left_after = 2.0 if victim in EARLY else 12.0
        assert until(lambda: not any(one.alive() for one in gone), max(0.0, killed + left_after - time.monotonic())), (
            commands(one for one in gone if one.alive())
        )
    assert until(lambda: look() == going.before, 2.0)
    recover()
    assert not [running for running in facts.everything() if running.directory.is_relative_to(going.runs)]


def _frozen(going: _Going) -> bool:
    daemons = (one for one, command in going.processes().items() if "/srv/web.py" in command)
    return any(_state(one.pid) == "T" for one in daemons)


def _state(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return stat[stat.rindex(")") + 2]
