"""Late targets and loads that actions bring, on a real lab."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaoskit.checks import rows
from chaoskit.core.clock import MonotonicClock
from chaoskit.core.errors import LabError, UsageError
from chaoskit.core.late import Question
from chaoskit.core.probe import Probe, probe
from chaoskit.core.progress import Silent
from chaoskit.core.result import ArmResult
from chaoskit.core.selector import role
from chaoskit.core.units import NS
from chaoskit.core.verdict import PASS, UNKNOWN
from chaoskit.engine.discovery import select
from chaoskit.engine.late import answer
from chaoskit.engine.options import RunOptions
from chaoskit.engine.plan import make_plan
from chaoskit.engine.prove import Choice, run_experiment
from tests.samples import shop
from tests.wire import wired

SMALL = Path(__file__).parent / "small" / "small.py"


def _run(name: str, runs: Path) -> ArmResult:
    (found,) = select([f"{SMALL}::{name}"])
    return run_experiment(found, Choice(seed=1), RunOptions(runs), Silent()).arms[0]


@pytest.mark.lab
def test_the_lab_says_whom_an_action_hits(tmp_path: Path) -> None:
    """The survivor is hit, its name is recorded with the action, and the same selector means it afterwards."""
    arm = _run("late", tmp_path)
    assert arm.verdict is PASS, arm.reason
    (begin,) = (e for e in arm.history.events if e.subject == "other_freezes" and e.what == "begin")
    assert begin.data["hosts"] == ["web-2"]
    (found,) = select([f"{SMALL}::late"])
    selector = found.experiment.timeline[1].action.arguments["hosts"]
    assert [host.name for host in rows.hosts(arm.history, selector)] == ["web-2"]  # type: ignore[arg-type]


@pytest.mark.lab
def test_a_target_that_nobody_names_stops_the_run(tmp_path: Path) -> None:
    """The reason says what was asked and what each candidate said; what was in force is undone."""
    arm = _run("nobody_there", tmp_path)
    assert arm.verdict is UNKNOWN
    assert "none of 1 hosts said so for 300 ms" in arm.history.meta.stopped
    assert [e.what for e in arm.history.events if e.subject == "crash"][-1] == "undone"


def _reads(value: object) -> Probe:
    """A probe of a field `state`."""
    return probe(lambda host: lambda: {"state": value})().at(role("service"), every="1s")


@pytest.mark.lab
@pytest.mark.parametrize(
    ("value", "field", "said"),
    [
        ("running", "state", "a: state is 'running', no truth"),
        (1, "state", "a: state is 1, no truth"),
        (True, "admit", "has no field 'admit', it read {'state': True}"),
        (False, "state", "a: {'state': False}"),
    ],
)
def test_only_a_truth_is_a_yes(value: object, field: str, said: str) -> None:
    """A text or a number that Python takes for true is none, and the error says what was read instead."""
    question = Question("q", _reads(value), field, 0)
    with wired("a") as wire, pytest.raises(LabError, match="none of 1 hosts said so") as caught:
        answer(question, wire.lab.topology.hosts, wire.lab, MonotonicClock())
    assert said in str(caught.value)


@pytest.mark.lab
def test_a_truth_is_a_yes() -> None:
    """The host that read it is the answer."""
    with wired("a") as wire:
        question = Question("q", _reads(True), "state", 0)
        assert answer(question, wire.lab.topology.hosts, wire.lab, MonotonicClock()) == {"q": ("a",)}


def test_a_plan_has_the_steps_for_every_answer() -> None:
    """Each candidate's steps are planned, in the lab's order, and all of them count as what may be hit."""
    (found,) = select([f"{SMALL}::late"])
    entry = make_plan(found).entries[1]
    answers = [list(choice.answers.values()) for choice in entry.choices]
    assert answers == [[("web-1",)], [("web-2",)]]
    assert [step.target for choice in entry.choices for step in choice.steps] == ["web-1", "web-2"]
    assert entry.targets == ("web-1", "web-2")
    assert entry.decided(entry.choices[1].answers).targets == ("web-2",)


def test_a_late_target_before_the_lab_is_ready_is_refused(tmp_path: Path) -> None:
    """Nobody could be asked yet."""
    file = shop(tmp_path)
    file.write_text(
        file.read_text().replace(
            "    duration=",
            "    boot=[pause(found_by(alive().at(role('service'), every='1s'), 'x'))],\n    duration=",
            1,
        )
    )
    (found,) = select([str(file)])
    with pytest.raises(UsageError, match="before the lab is ready"):
        make_plan(found)


@pytest.mark.lab
def test_an_overload_arrives_while_its_action_is_in_force(tmp_path: Path) -> None:
    """Its requests begin and end with the action, and what confirms it is that they were sent."""
    arm = _run("surge", tmp_path)
    assert arm.verdict is PASS, arm.reason
    rush = arm.history.requests.take(arm.history.requests.load.equals("rush"))
    assert len(rush) == 400
    assert rush.intended.min() >= NS
    assert rush.intended.max() < 2 * NS
    (confirmed,) = (e for e in arm.history.events if e.subject == "rush_hour" and e.what == "confirmed")
    assert "requests sent" in str(confirmed.data["evidence"])
    (begun,) = (e for e in arm.history.events if e.subject == "rush_hour" and e.what == "begin")
    assert begun.data["action"] == "overload(rush)"


def test_an_overload_is_planned_with_its_load() -> None:
    """The load has the span of its action, and its arrivals are those of that span."""
    (found,) = select([f"{SMALL}::surge"])
    (brought,) = (one for one in make_plan(found).loads if one.by)
    assert (brought.name, brought.by, brought.span.start, brought.span.end) == ("rush", "rush_hour", NS, 2 * NS)
