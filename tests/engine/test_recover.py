"""Recovery from a journal whose keeper is gone."""

from __future__ import annotations

import json
import signal
import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest

from chaoskit.engine import facts
from chaoskit.engine.journal import FILE, Journal, read
from chaoskit.engine.order import FACTS
from chaoskit.engine.paths import runtime
from chaoskit.engine.recover import recover
from chaoskit.kernel.identity import Identity
from chaoskit.steps.codec import encode
from chaoskit.steps.command import Command
from chaoskit.steps.stop import Stop


@pytest.fixture
def left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The run directory of a run whose keeper and runner were killed."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with subprocess.Popen(["sleep", "30"]) as gone:
        identity = asdict(Identity.of(gone.pid))
        gone.kill()
    folder, directory = runtime() / "run-a", tmp_path / "run-a"
    folder.mkdir()
    directory.mkdir()
    data = {"run": "run-a", "title": "a lab", "directory": str(directory), "keeper": identity, "runner": identity}
    (folder / FACTS).write_text(json.dumps(data))
    return directory


def test_processes_are_ended_groups_removed_and_the_run_forgotten(left: Path) -> None:
    """What the journal names is taken care of, each with a line that says so; then there is nothing left to find."""
    group = left / "group"
    group.mkdir()
    with subprocess.Popen(["sleep", "30"]) as island:
        journal = Journal(left / FILE)
        journal.write({"row": "cgroup", "path": str(group)}, {"row": "cgroup", "path": str(left / "never-made")})
        journal.process("island", Identity.of(island.pid))
        said = recover()
        assert island.wait(5) == -signal.SIGKILL
    assert [line.split(":")[0] for line in said] == ["run-a"] * 3
    assert not group.exists()
    assert facts.everything() == ()
    assert recover() == ()


def test_a_run_is_not_forgotten_while_something_of_it_stays(left: Path) -> None:
    """A group that cannot be removed is said, and found again by the next command."""
    group = left / "group"
    (group / "busy").mkdir(parents=True)
    Journal(left / FILE).write({"row": "cgroup", "path": str(group)})
    assert "stays" in recover()[0]
    assert [running.run for running in facts.everything()] == ["run-a"]
    (group / "busy").rmdir()
    assert "removed" in recover()[0]
    assert facts.everything() == ()


def test_a_run_that_ends_meanwhile_is_no_error(left: Path) -> None:
    """A folder without its facts is a run that is just beginning or ending."""
    (runtime() / "run-b").mkdir()
    (runtime() / "run-a" / FACTS).unlink()
    assert facts.everything() == ()
    assert recover() == ()


def test_steps_that_ended_with_their_lab_are_not_left(left: Path) -> None:
    """Recovery closes the journal, a torn last row included, so that an audit finds nothing pending."""
    Journal(left / FILE).write({"row": "step", "n": 1, "action": "outage", "step": {}, "prior": {}})
    with (left / FILE).open("a") as file:
        file.write('{"row":"undo')
    assert any("outage, step 1: ended with the lab" in line for line in recover())
    after = read(left / FILE)
    assert after.closed
    assert [pending.number for pending in after.pending] == [1]


def test_commands_on_this_machine_are_undone_from_the_journal_and_steps_on_a_lab_ended_with_it(left: Path) -> None:
    """What was done elsewhere did not die with the lab; an undo that fails is tried by the next command again."""
    there = left / "there"
    there.touch()
    undo = ("sh", "-c", f"test -e {left}/ready && rm {there}")
    elsewhere = Command("", ("true",), ("true",), undo_argv=undo)
    journal = Journal(left / FILE)
    for n, step in enumerate((elsewhere, Stop("web"))):
        row = {"row": "step", "n": n, "action": "outage", "step": encode(step), "prior": {"already": False}}
        journal.write({**row, "expires": None, "outside": step is elsewhere})
    first = recover()
    assert "run-a: outage, step 1: ended with the lab it was done to" in first
    assert any("step 0: could not be undone: this machine: " in line for line in first)
    assert [running.run for running in facts.everything()] == ["run-a"]
    (left / "ready").touch()
    assert any("step 0: undone: this machine" in line for line in recover())
    assert not there.exists()
    assert facts.everything() == ()
