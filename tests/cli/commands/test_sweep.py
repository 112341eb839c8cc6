"""What a killed keeper leaves is told by the next command and undone by `chaoskit sweep`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chaoskit.engine import facts
from tests.support.machine import look, until

pytestmark = [pytest.mark.lab, pytest.mark.alone]
SMALL = Path(__file__).parents[2] / "engine" / "small"


def chaoskit(*argv: str) -> subprocess.CompletedProcess[str]:
    """A command with nobody at the keyboard."""
    command = [sys.executable, "-m", "chaoskit.cli.main", *argv]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)


def test_what_a_killed_keeper_left_is_told_and_swept() -> None:
    """The lab dies with its keeper by the kernel's doing; the record of it goes by sweep, and sweep is idempotent."""
    before = look()
    name = json.loads(chaoskit("lab", "up", str(SMALL / "compose.yaml"), "--json").stdout)["run"]
    keeper = facts.find(name).keeper
    assert keeper is not None
    os.kill(keeper.pid, signal.SIGKILL)
    assert until(lambda: not keeper.alive(), within=5)
    try:
        planned = chaoskit("run", str(SMALL / "small.py") + "::unharmed", "--runs", os.devnull)
        assert name in planned.stderr
        assert "`chaoskit sweep` undoes it" in planned.stderr
    finally:
        swept = chaoskit("sweep", name)
    assert swept.returncode == 0, swept.stderr
    assert name in swept.stdout
    assert chaoskit("sweep", name).stdout == "nothing was left\n"
    assert until(lambda: look() == before, within=5)
