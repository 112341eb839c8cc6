"""Commands on this machine: what they did does not die with a lab, so somebody has to undo it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaoskit.engine.recover import recover
from tests.support.machine import commands, tree, until

pytestmark = pytest.mark.lab
EXPERIMENT = f"{Path(__file__).parent / 'small' / 'elsewhere.py'}::elsewhere"


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
