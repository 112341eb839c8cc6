"""What a killed keeper leaves is told by the next command and undone by `chaoskit sweep`."""

from __future__ import annotations

import io
import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chaoskit.cli.leftovers import offer_sweep
from chaoskit.engine import facts
from chaoskit.steps.pause import Pause
from tests.cli.conftest import Cli
from tests.support.left import WORLD, Killed, killed, places
from tests.support.machine import look, until

pytestmark = [pytest.mark.lab, pytest.mark.alone]
SMALL = Path(__file__).parents[2] / "engine" / "small"


def chaoskit(*argv: str) -> subprocess.CompletedProcess[str]:
    """A command with nobody at the keyboard."""
    command = [sys.executable, "-m", "chaoskit.cli.main", *argv]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)


@pytest.mark.lab
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


@pytest.fixture
def left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Killed:
    """A run that was killed while it had a host of somebody's project frozen."""
    places(tmp_path, monkeypatch)
    run = killed(tmp_path, guest=True)
    run.did("freeze", Pause("web-na-1"))
    return run


@pytest.mark.usefixtures("left")
def test_sweep_says_in_json_what_it_found_did_and_left(cli: Cli) -> None:
    """One document, alone on stdout."""
    said = cli("sweep", "--json")
    assert said.status == 0
    answer = said.json
    assert isinstance(answer, dict)
    assert [(one["run"], one["lab"], one["actions"][0]["on"]) for one in answer["found"]] == [
        ("run-a", "shop", ["web-na-1"])
    ]
    assert "run-a: left shop" in answer["done"]
    assert answer["stays"] == []


@pytest.mark.usefixtures("left")
def test_what_could_not_be_undone_is_an_error(cli: Cli) -> None:
    """It is there for the next sweep, which is said."""
    WORLD.trouble = "the engine does not answer"
    said = cli("sweep", "run-a", "--yes")
    assert said.status == 3
    assert "the engine does not answer" in said.out
    assert "something is still left of run-a; `chaoskit sweep` tries again" in said.err


def _answering(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody is at the keyboard and types this."""
    monkeypatch.setattr("chaoskit.cli.leftovers.somebody_is_there", lambda: True)
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


@pytest.mark.usefixtures("left")
@pytest.mark.parametrize(("answer", "undone"), [("n\n", False), ("", False), ("\n", True), ("Yes\n", True)])
def test_on_a_terminal_nothing_is_undone_before_the_user_says_so(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str, undone: bool
) -> None:
    """Neither by sweep nor by the offer of another command; both say first what it is, on which host of whose."""
    _answering(answer, monkeypatch)
    said = cli("sweep")
    assert "run-a was killed and left: freeze on web-na-1 of shop, begun " in said.err
    assert bool(facts.everything()) is not undone
    _answering(answer, monkeypatch)
    offer_sweep()
    assert ("Undo it? [Y/n]" in capsys.readouterr().err) is not undone
    assert bool(facts.everything()) is not undone


@pytest.mark.usefixtures("left")
def test_where_nobody_can_answer_the_next_command_warns_and_undoes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a pipeline an older run's leftovers are told, and left to who decides."""
    monkeypatch.setattr("sys.stdin", io.StringIO())
    offer_sweep()
    said = capsys.readouterr().err
    assert "warning: run-a was killed and left: freeze on web-na-1 of shop" in said
    assert "`chaoskit sweep` undoes it" in said
    assert len(facts.everything()) == 1


@pytest.mark.usefixtures("left")
def test_a_terminal_is_seen_as_one(tmp_path: Path) -> None:
    """A real one: the question is asked there, and its answer is read."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "chaoskit", "sweep"]
    with subprocess.Popen(command, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, text=True) as process:
        os.close(theirs)
        os.write(ours, b"no\n")
        assert process.communicate(timeout=30)[0] == ""
    assert b"Undo it? [Y/n]" in os.read(ours, 4096)
    os.close(ours)
    assert len(facts.everything()) == 1
