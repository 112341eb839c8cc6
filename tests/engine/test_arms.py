"""Arms side by side: what is repeated alone, what is not, and what an interruption leaves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from chaoskit.core.errors import ChaoskitError, LabError, NotReady
from chaoskit.core.result import ArmResult, Judged
from chaoskit.core.summary import Effort
from chaoskit.core.verdict import passed, unknown
from chaoskit.engine.arms import Arm, Ran, run_arms
from chaoskit.engine.discovery import select
from chaoskit.engine.options import RunOptions
from chaoskit.engine.plan import make_plan
from tests.report import synthetic
from tests.samples import shop

GATE_BROKE = Judged("machine", "machine", unknown("it stalled"))


@pytest.fixture
def arms(tmp_path: Path) -> Sequence[Arm]:
    """Guarded arm and two twins, planned."""
    (found,) = select([f"{shop(tmp_path)}::checkout"])
    plans = [make_plan(found, arm=arm) for arm in found.experiment.arms]
    return [Arm(plan, tmp_path / "proof" / plan.arm) for plan in plans]


def result(folder: Path, *, gates: tuple[Judged, ...] = (), checks: tuple[Judged, ...] = ()) -> ArmResult:
    """A run with these gates and checks."""
    return replace(synthetic.arm(folder), gates=gates, checks=checks or (Judged("fine", "fine", passed("fine")),))


Outcome = Callable[[Path], ArmResult | ChaoskitError]


def go(arms: Sequence[Arm], outcomes: Mapping[str, Outcome], *, jobs: int = 2, reruns: int = 0) -> dict[str, Ran]:
    """Run them; each attempt's outcome is named after its folder, and is a pass where none is given."""
    running: list[str] = []
    taken: dict[str, Ran] = {}

    def run(arm: Arm, again: int) -> Ran:
        running.append(arm.folder.name)
        try:
            if arm.folder.name.endswith(".alone"):
                assert running == [arm.folder.name]
            outcome = outcomes.get(arm.folder.name, result)(arm.folder)
        finally:
            running.remove(arm.folder.name)
        if isinstance(outcome, ChaoskitError):
            return Ran(None, outcome, (), Effort(0, 1.0, 0.0))
        return Ran(outcome, None, (f"again {again}",), Effort(1, 2.0, 1.5))

    run_arms(arms, jobs, reruns, RunOptions(), run, lambda arm, ran: taken.update({arm.plan.arm: ran}))
    return taken


def test_a_broken_gate_beside_others_is_measured_again_alone(arms: Sequence[Arm]) -> None:
    """What it says alone counts; both attempts are listed, and both cost time. Others are left as they are."""
    ran = go(arms, {"half-the-buyers": lambda folder: result(folder, gates=(GATE_BROKE,))})
    again = ran["half-the-buyers"]
    assert again.result is not None
    assert again.result.gates == ()
    assert again.attempts[1] == ("half-the-buyers: the gate 'machine' broke beside other runs; it is run again, alone")
    assert again.effort == Effort(2, 4.0, 3.0)
    assert ran["guarded"].effort == Effort(1, 2.0, 1.5)


def test_a_gate_that_breaks_alone_as_well_is_what_is_said(arms: Sequence[Arm]) -> None:
    """It is repeated once, however it ends."""
    broken: Outcome = lambda folder: result(folder, gates=(GATE_BROKE,))  # noqa: E731
    ran = go(arms, {"guarded": broken, "guarded.alone": broken})
    assert ran["guarded"].result is not None
    assert ran["guarded"].result.gates == (GATE_BROKE,)
    assert ran["guarded"].effort.runs == 2


def test_one_at_a_time_nothing_is_repeated_for_its_gates(arms: Sequence[Arm]) -> None:
    """There is nobody it could have been disturbed by."""
    ran = go(arms, {"guarded": lambda folder: result(folder, gates=(GATE_BROKE,))}, jobs=1)
    assert ran["guarded"].effort.runs == 1


def test_a_lab_that_was_not_ready_in_time_is_tried_alone_and_another_error_is_not(arms: Sequence[Arm]) -> None:
    """The first may be others' doing; a missing daemon is missing afterwards, too."""
    ran = go(
        arms,
        {
            "guarded": lambda _: NotReady("not ready in time"),
            "half-the-buyers": lambda _: LabError("no such daemon"),
        },
    )
    assert ran["guarded"].error is None
    assert "not ready in time" in ran["guarded"].attempts[0]
    assert str(ran["half-the-buyers"].error) == "no such daemon"
    assert ran["half-the-buyers"].attempts == ()


@pytest.mark.parametrize(("reruns", "runs"), [(0, 1), (1, 2)])
def test_an_unknown_is_repeated_if_that_was_asked_for(arms: Sequence[Arm], reruns: int, runs: int) -> None:
    """Beside others once and alone then, as often as was asked for in all."""
    dim: Outcome = lambda folder: result(folder, checks=(synthetic.unknown_judged(),))  # noqa: E731
    ran = go(arms, {"guarded": dim}, reruns=reruns)
    assert ran["guarded"].effort.runs == runs
    if reruns:
        assert ran["guarded"].attempts[-1] == "again 0"


def test_no_more_than_asked_for_run_at_a_time_and_those_do(arms: Sequence[Arm]) -> None:
    """Two of three meet; the third begins when one of them is done."""
    meeting, at_once, most = threading.Barrier(2), [0], [0]
    lock = threading.Lock()

    def run(arm: Arm, _: int) -> Ran:
        with lock:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        if arm is not arms[2]:
            meeting.wait(10)
        with lock:
            at_once[0] -= 1
        return Ran(result(arm.folder), None)

    run_arms(arms, 2, 0, RunOptions(), run, lambda *_: None)
    assert most == [2]


def test_an_interruption_ends_what_runs_and_begins_nothing(arms: Sequence[Arm]) -> None:
    """The run under way sees it and ends; those that wait never begin; the caller gets KeyboardInterrupt."""
    options, begun, taken = RunOptions(), [], []

    def run(arm: Arm, _: int) -> Ran:
        begun.append(arm.plan.arm)
        options.cancel.set()  # what the handler of SIGINT does
        return Ran(result(arm.folder), None)

    with pytest.raises(KeyboardInterrupt):
        run_arms(arms, 1, 0, options, run, lambda arm, _: taken.append(arm))
    assert begun == ["guarded"]
    assert taken == []


def test_a_mistake_in_what_takes_results_ends_the_others(arms: Sequence[Arm]) -> None:
    """It is raised when those under way have ended, and they are told to."""
    options, ended = RunOptions(), []

    def run(arm: Arm, _: int) -> Ran:
        deadline = time.monotonic() + 10
        while arm is not arms[0] and not options.cancel.is_set() and time.monotonic() < deadline:
            time.sleep(0.01)
        ended.append(options.cancel.is_set())
        return Ran(result(arm.folder), None)

    def take(_arm: Arm, _ran: Ran) -> None:
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        run_arms(arms[:2], 2, 0, options, run, take)
    assert ended == [False, True]
