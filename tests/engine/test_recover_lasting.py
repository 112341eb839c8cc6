"""Recovery of labs that outlived their keeper: taken over, undone from the journal, taken down or left."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from chaoskit import __version__
from chaoskit.core.host import HostState
from chaoskit.engine import facts, persisted
from chaoskit.engine.journal import read
from chaoskit.engine.recover import recover
from chaoskit.steps.move_address import MoveAddress
from chaoskit.steps.pause import Pause
from chaoskit.steps.stop import Stop
from tests.support.left import WORLD, Killed, killed, places


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Killed:
    """A lab of ours, two hosts of which are broken."""
    places(tmp_path, monkeypatch)
    return _broken(killed(tmp_path))


@pytest.fixture
def theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Killed:
    """Somebody's project, likewise."""
    places(tmp_path, monkeypatch)
    return _broken(killed(tmp_path, guest=True))


def _broken(run: Killed) -> Killed:
    run.did("outage", Stop("web-eu-1"))
    run.did("freeze", Pause("web-na-1"))
    return run


def _states() -> set[HostState]:
    assert WORLD.lab
    return set(WORLD.lab.state.values())


def _calls(*names: str) -> list[tuple[object, ...]]:
    assert WORLD.lab
    return [call for call in WORLD.lab.calls if call[1] in names]


def test_a_project_is_as_before_and_stays(theirs: Killed) -> None:
    """Each step is undone and said, the last one first; the run is forgotten and its journal closed."""
    said = recover()
    assert [line.split(": ", 1)[1] for line in said] == [
        "freeze, step 2: undone: web-na-1: freeze every process; its kernel goes on acknowledging",
        "outage, step 1: undone: web-eu-1: stop by its stop signal, SIGKILL after its grace period",
        "left shop",
        "forgot the run of shop.outage, whose keeper had gone",
    ]
    assert _states() == {HostState.RUNNING}
    assert _calls("start", "resume") == [("web-eu-1", "start"), ("web-na-1", "resume")]
    assert (facts.everything(), read(theirs.journal).closed, read(theirs.journal).pending) == ((), True, ())
    assert recover() == ()


def test_a_lab_of_ours_is_undone_and_taken_down(ours: Killed) -> None:
    """What was done to it is undone first: a frozen process may not die."""
    assert WORLD.lab
    lab = WORLD.lab
    assert "run-a: took down shop" in recover()
    assert set(lab.state.values()) == {HostState.RUNNING}
    assert (WORLD.downs, WORLD.lab, facts.everything()) == (1, None, ())


def test_what_cannot_be_undone_on_a_project_is_tried_by_the_next_command_again(theirs: Killed) -> None:
    """It is said with the reason and stays in the journal; what was undone is not undone twice."""
    assert WORLD.lab
    start, WORLD.lab.hosts["web-eu-1"].start = WORLD.lab.hosts["web-eu-1"].start, _refuse  # type: ignore[method-assign]
    said = recover()
    assert any("outage, step 1: could not be undone: web-eu-1: stop" in line and "no space" in line for line in said)
    assert [one.number for one in read(theirs.journal).pending] == [1]
    assert [one.run for one in facts.everything()] == ["run-a"]
    WORLD.lab.hosts["web-eu-1"].start = start  # type: ignore[method-assign]
    assert any("outage, step 1: undone" in line for line in recover())
    assert facts.everything() == ()
    assert len(_calls("resume")) == 1


def _refuse() -> None:
    raise OSError("no space left on the engine's disk")


def test_what_cannot_be_undone_on_a_lab_of_ours_ends_with_it(ours: Killed) -> None:
    """It is said all the same."""
    assert WORLD.lab
    WORLD.lab.hosts["web-eu-1"].start = _refuse  # type: ignore[method-assign]
    assert any("outage, step 1: could not be undone, and ends with its lab" in line for line in recover())
    assert facts.everything() == ()


def test_steps_on_hosts_that_somebody_removed_ended_with_them(theirs: Killed) -> None:
    """The others are undone."""
    WORLD.gone = frozenset({"web-eu-1"})
    said = recover()
    assert "run-a: outage, step 1: ended with web-eu-1, which is gone" in said
    assert any("freeze, step 2: undone" in line for line in said)
    assert facts.everything() == ()


def test_a_step_on_two_hosts_is_undone_on_the_one_that_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The host that is gone is off for it, and has nothing to give back."""
    places(tmp_path, monkeypatch)
    run = killed(tmp_path, guest=True)
    moved = MoveAddress("web-eu-1", "web-eu-2", "eth0", "198.18.1.200")
    _journalled(run, moved)
    WORLD.gone = frozenset({"web-eu-1"})
    assert WORLD.lab
    WORLD.lab.hosts["web-eu-2"].power_off()
    assert any("move, step 1: undone" in line for line in recover())


def _journalled(run: Killed, step: MoveAddress) -> None:
    from chaoskit.engine.journal import Journal
    from chaoskit.steps.codec import encode

    prior = {"device": "eth0", "prefix": 32}
    Journal(run.journal).write({"row": "step", "n": 1, "action": "move", "step": encode(step), "prior": prior})


def test_a_lab_that_is_gone_took_its_steps_along(ours: Killed) -> None:
    """Somebody has removed it by hand: nothing is undone, and nothing is left."""
    WORLD.lab = None
    assert "run-a: freeze, step 2: ended with the lab it was done to" in recover()
    assert (facts.everything(), read(ours.journal).closed) == ((), True)


@pytest.mark.parametrize("what", ["trouble", "stubborn"])
def test_while_an_engine_does_not_answer_nothing_is_forgotten(ours: Killed, what: str) -> None:
    """Nobody can tell whether the lab is there, or it will not go: the next command tries again."""
    setattr(WORLD, what, "the engine does not answer")
    assert any("the engine does not answer" in line for line in recover())
    assert ([one.run for one in facts.everything()], read(ours.journal).closed) == (["run-a"], False)
    setattr(WORLD, what, "")
    assert any("forgot" in line for line in recover())
    assert WORLD.lab is None


def test_an_order_of_another_version_is_not_forgotten(ours: Killed) -> None:
    """It is said which version can undo it; nothing is touched."""
    path = ours.order.runtime / persisted.FILE
    order = path.read_bytes()
    path.write_bytes(order.replace(__version__.encode(), b"9.8.7", 1))
    assert any("was written by chaoskit 9.8.7" in line for line in recover())
    assert (len(facts.everything()), WORLD.downs) == (1, 0)
    path.write_bytes(order)
    assert "run-a: took down shop" in recover()


def test_a_step_kind_that_is_not_known_here_is_not_forgotten(theirs: Killed) -> None:
    """The plug-in that brought it is missing."""
    text = theirs.journal.read_text()
    theirs.journal.write_text(text.replace('"kind":"stop"', '"kind":"dismantle"'))
    assert any("could not be undone: no step kind 'dismantle' is known here" in line for line in recover())
    theirs.journal.write_text(theirs.journal.read_text().replace('"kind":"dismantle"', '"kind":"stop"'))
    assert any("outage, step 1: undone" in line for line in recover())


def test_two_commands_do_not_undo_the_same_run_at_once(ours: Killed) -> None:
    """The second one leaves it to the first."""
    folder = os.open(ours.order.runtime, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        assert recover() == ("run-a: another command is undoing it",)
    finally:
        os.close(folder)
    assert "run-a: took down shop" in recover()


def test_the_record_of_what_outlives_a_reboot_is_where_a_reboot_leaves_it(ours: Killed, tmp_path: Path) -> None:
    """Not among what is lost at boot."""
    assert ours.order.runtime == tmp_path / "state" / "chaoskit" / "run-a"
    assert facts.place("run-b", "native") == tmp_path / "runtime" / "chaoskit" / "run-b"
