"""Commands of the user's as steps: in a fake host, and on this machine."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from chaoskit.core.errors import StepError
from chaoskit.core.host import Completed
from chaoskit.core.step import THIS_MACHINE
from chaoskit.core.units import NS
from chaoskit.steps.command import Command, CommandOnce
from chaoskit.testing import FakeHost, FakeLab, host, topology_of
from tests.wire import until

LINK = Command("gw", ("down",), ("is-down",), undo_argv=("up",))


@pytest.fixture
def lab() -> FakeLab:
    """One host."""
    return FakeLab(topology_of([host("gw", "198.18.1.1")]))


@pytest.fixture
def gateway(lab: FakeLab) -> FakeHost:
    """A host with an interface that `down` and `up` switch, and `is-down` tells of."""
    gw = lab.hosts["gw"]
    state = {"down": False}

    def answer(argv: Sequence[str], _stdin: str) -> Completed:
        if argv[0] in ("down", "up"):
            state["down"] = argv[0] == "down"
        status = 0 if argv[0] != "is-down" or state["down"] else 1
        return Completed(tuple(argv), status, f"state {'down' if state['down'] else 'up'}\n", "")

    gw.answer = answer
    return gw


def ran(gw: FakeHost) -> list[str]:
    """The commands that changed something, in order."""
    return [call[1][0] for call in gw.calls if call[0] == "run" and call[1][0] in ("up", "down")]  # type: ignore[index]


def test_a_command_is_done_confirmed_and_undone_inside_its_host(lab: FakeLab, gateway: FakeHost) -> None:
    """The evidence is the confirming command's status; nothing else is run in the host."""
    prior = LINK.prepare(lab)
    before = LINK.confirm(lab, prior)
    assert (before.holds, before.what) == (False, "gw: is-down exits with 1")
    LINK.do(lab, prior)
    assert LINK.confirm(lab, prior).holds
    LINK.undo(lab, prior)
    assert not LINK.confirm(lab, prior).holds
    assert ran(gateway) == ["down", "up"]


def test_what_was_there_before_is_neither_done_nor_undone(lab: FakeLab, gateway: FakeHost) -> None:
    """The undo restores what was: an interface that was down stays down."""
    LINK.do(lab, {"already": False})
    prior = LINK.prepare(lab)
    LINK.do(lab, prior)
    LINK.undo(lab, prior)
    assert LINK.confirm(lab, prior).holds
    assert ran(gateway) == ["down"]


def test_a_command_of_its_own_may_say_what_was_there_before(lab: FakeLab, gateway: FakeHost) -> None:
    """Where the effect shows later than the change is made, as with routers and their neighbours."""
    assert Command("gw", ("down",), ("is-down",), undo_argv=("up",), before=("true",)).prepare(lab) == {"already": True}
    assert LINK.prepare(lab) == {"already": False}


@pytest.mark.parametrize(("expect", "holds"), [("", True), ("state down", True), ("state up", False)])
def test_a_text_can_be_expected(lab: FakeLab, gateway: FakeHost, expect: str, holds: bool) -> None:
    """A status of 0 is not enough then; the evidence says what is lacking."""
    step = Command("gw", ("down",), ("is-down",), expect, undo_argv=("up",))
    step.do(lab, {"already": False})
    evidence = step.confirm(lab, {"already": False})
    assert evidence.holds is holds
    assert evidence.what == "gw: is-down exits with 0" + ("" if holds else ", without 'state up'")


def test_a_status_other_than_0_is_an_error_with_the_end_of_what_was_said(lab: FakeLab) -> None:
    """Of doing and of undoing; not of confirming, which only says that it does not hold."""
    noise = "x" * 1000
    lab.hosts["gw"].answer = lambda argv, _stdin: Completed(tuple(argv), 2, "", f"{noise}\nno such device\n")
    for change in (LINK.do, LINK.undo):
        with pytest.raises(StepError, match=r"gw: (down|up) exits with 2: x{285}\nno such device$"):
            change(lab, {"already": False})
    assert LINK.confirm(lab, {"already": False}).what == "gw: is-down exits with 2"


def test_a_host_that_does_not_run_is_given_no_command(lab: FakeLab, gateway: FakeHost) -> None:
    """And one that is off took along what it was told, so that there is nothing to undo."""
    gateway.power_off()
    with pytest.raises(StepError, match="gw is off and cannot be given a command"):
        LINK.prepare(lab)
    LINK.undo(lab, {"already": False})
    assert ran(gateway) == []


def test_a_one_shot_command_is_run_whatever_was_there(lab: FakeLab, gateway: FakeHost) -> None:
    """And asked to undo itself it does nothing."""
    step = CommandOnce("gw", ("down",), ("is-down",))
    for _ in range(2):
        prior = step.prepare(lab)
        step.do(lab, prior)
        step.undo(lab, prior)
    assert step.confirm(lab, prior).holds
    assert ran(gateway) == ["down", "down"]


def test_without_a_host_commands_run_on_this_machine(lab: FakeLab, tmp_path: Path) -> None:
    """With its programs; the target says so in plans."""
    file = str(tmp_path / "there")
    step = Command("", ("touch", file), ("test", "-e", file), undo_argv=("rm", "-f", file))
    prior = step.prepare(lab)
    step.do(lab, prior)
    assert step.confirm(lab, prior).holds
    for _ in range(2):
        step.undo(lab, prior)
    assert not Path(file).exists()
    assert step.target == THIS_MACHINE
    assert step.describe() == f"this machine: touch {file} (undone by rm -f {file})"


def test_a_program_this_machine_lacks_is_an_error(lab: FakeLab) -> None:
    """With its name."""
    with pytest.raises(StepError, match="No such file or directory: 'kubectl-of-old'"):
        CommandOnce("", ("kubectl-of-old",), ("true",)).do(lab, {"already": False})


def test_a_command_that_takes_too_long_is_ended_with_its_children(lab: FakeLab, tmp_path: Path) -> None:
    """Nothing of it is left, not even what it started; the error says how long it was given."""
    file = tmp_path / "late"
    child = f"import time; time.sleep(1); open({str(file)!r}, 'w')"
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    step = CommandOnce("", (sys.executable, "-c", script), ("true",), timeout=NS // 5)
    began = time.monotonic()
    with pytest.raises(StepError, match=r"was not over after 200 ms"):
        step.do(lab, {"already": False})
    assert time.monotonic() - began < 0.9
    time.sleep(1.2)  # the child would have written by now
    assert not file.exists()


@pytest.mark.parametrize("step", [LINK, Command("gw", ("down",), ("true",), undo_argv=("up",), before=("is-down",))])
@pytest.mark.parametrize("status", [2, 127, -9])
def test_a_look_that_cannot_tell_is_an_error_before_anything_is_done(lab: FakeLab, step: Command, status: int) -> None:
    """Neither yes nor no: taking it for either would do or undo what was not there."""
    lab.hosts["gw"].answer = lambda argv, _stdin: Completed(tuple(argv), status, "", "no daemon\n")
    with pytest.raises(StepError, match=rf"gw: is-down exits with {status}, and cannot tell: no daemon"):
        step.prepare(lab)


_PARENT = """
import sys
from chaoskit.steps.command import CommandOnce
from chaoskit.testing import FakeLab, host, topology_of
lab = FakeLab(topology_of([host("a", "198.18.1.1")]))
CommandOnce("", ("sh", "-c", sys.argv[1]), ("true",)).do(lab, {"already": False})
"""


def test_a_command_on_this_machine_ends_with_whoever_runs_it(tmp_path: Path) -> None:
    """A keeper that is killed takes along the command and what that started: nothing is done after an undo."""
    begun, file = tmp_path / "begun", tmp_path / "late"
    script = f"touch {begun}; (sleep 0.7; touch {file}); true"
    parent = subprocess.Popen([sys.executable, "-c", _PARENT, script])
    try:
        assert until(begun.exists, 10)
    finally:
        parent.kill()
        parent.wait()
    time.sleep(1)  # the command would have written by now
    assert not file.exists()


def test_what_a_command_leaves_running_on_purpose_stays(lab: FakeLab, tmp_path: Path) -> None:
    """A command that is over has done what it was asked to, and that may be a service."""
    file = tmp_path / "later"
    step = CommandOnce("", ("sh", "-c", f"(sleep 0.3; touch {file}) >/dev/null 2>&1 &"), ("true",))
    step.do(lab, {"already": False})
    assert until(file.exists, 5)


def test_a_command_on_this_machine_reads_nothing_and_inherits_nothing(lab: FakeLab) -> None:
    """Its stdin is empty, and no descriptor beyond the usual three is open."""
    script = 'test -z "$(cat)" && test ! -e /proc/self/fd/3'
    CommandOnce("", ("sh", "-c", script), ("true",)).do(lab, {"already": False})
