"""Commands on this machine: what they did does not die with a lab, so somebody has to undo it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaoskit.core.progress import Silent
from chaoskit.core.verdict import FAIL
from chaoskit.engine.discovery import select
from chaoskit.engine.options import RunOptions
from chaoskit.engine.prove import Choice, run_experiment
from chaoskit.engine.recover import recover
from tests.samples import write
from tests.support.machine import commands, tree, until

pytestmark = pytest.mark.lab
SMALL = Path(__file__).parent / "small"
EXPERIMENT = f"{SMALL / 'elsewhere.py'}::elsewhere"
STUBBORN = """
from chaoskit import Experiment, Lab, at, role
from chaoskit.actions.command import command
from chaoskit.checks.reading import reading
from chaoskit.probes.alive import alive

life = alive().at(role("service"), every="100ms")
touched = command(
    do=["touch", {file!r}], undo=["sh", "-c", "test -e {file}.ready && rm -f {file}"], confirm=["test", "-e", {file!r}]
)
stubborn = Experiment(
    claim="what cannot be undone is not forgotten",
    lab=Lab({lab!r}),
    probes=[life],
    timeline=[at("500ms", touched, lasting="500ms")],
    duration="4s",
    checks=[reading(life, "state", equals="running")],
)
"""


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A run whose command has been done."""
    argv = [sys.executable, "-m", "chaoskit.cli.main", "run", EXPERIMENT, "--runs", str(tmp_path / "runs")]
    environment = {**os.environ, "CHAOSKIT_TEST_FILE": str(tmp_path / "there")}
    process = subprocess.Popen(argv, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert until((tmp_path / "there").exists, 20)
    yield process
    process.kill()
    process.wait()
    recover()


@pytest.mark.parametrize("victim", ["runner", "keeper", "all"])
def test_a_command_is_undone_whoever_is_killed(runner: subprocess.Popen[bytes], victim: str, tmp_path: Path) -> None:
    """The keeper undoes it when the runner dies; without a keeper any later command does, from the journal."""
    everything = commands(tree(runner.pid))
    keepers = [one for one, command in everything.items() if "chaoskit.engine.keeper" in command]
    for one in keepers if victim != "runner" else []:
        one.kill(signal.SIGKILL)
    if victim != "keeper":
        runner.kill()
    runner.wait(12)
    if victim == "all":
        assert any("undone: this machine: touch" in line for line in recover())
    assert until(lambda: not (tmp_path / "there").exists(), 2)
    recover()


def test_what_could_not_be_undone_is_not_forgotten_by_a_run_that_ends_in_order(tmp_path: Path) -> None:
    """The lab is gone, the change elsewhere is not: the run says so, and the next command tries again."""
    there = tmp_path / "there"
    file = write(tmp_path / "stubborn.py", STUBBORN.format(file=str(there), lab=str(SMALL / "compose.yaml")))
    (found,) = select([str(file)])
    (arm,) = run_experiment(found, Choice(seed=1), RunOptions(tmp_path / "runs"), Silent()).arms
    assert there.exists()
    (clean,) = (check for check in arm.checks if check.name == "clean")
    assert clean.verdict.outcome is FAIL
    assert any("could not be undone: this machine: " in line for line in recover())
    (tmp_path / "there.ready").touch()
    assert any("undone: this machine: touch" in line for line in recover())
    assert not there.exists()
    assert recover() == ()
