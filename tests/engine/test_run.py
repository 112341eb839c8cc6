"""Runs of small experiments on a real lab: verdicts, proofs, guards, and what is recorded."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from chaoskit.core.errors import ChaoskitError, LabError
from chaoskit.core.progress import OneView, Silent
from chaoskit.core.result import ExperimentResult
from chaoskit.core.units import NS
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN
from chaoskit.engine import facts
from chaoskit.engine.discovery import select
from chaoskit.engine.options import RunOptions
from chaoskit.engine.plan import make_plan
from chaoskit.engine.prove import Choice, prove, run_experiment
from chaoskit.engine.rejudge import judge_directory
from chaoskit.engine.run import run_arm
from tests.loads.echo import echo
from tests.support.machine import look

__all__ = ["echo"]

pytestmark = [pytest.mark.lab, pytest.mark.alone]
SMALL = Path(__file__).parent / "small" / "small.py"


def _run(name: str, runs: Path) -> ExperimentResult:
    (found,) = select([f"{SMALL}::{name}"])
    return run_experiment(found, Choice(seed=1), RunOptions(runs), Silent())


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[None]:
    """The machine is afterwards as it was before, and nothing is running."""
    before = look()
    yield
    assert look() == before
    assert not [running for running in facts.everything() if running.directory.is_relative_to(tmp_path)]


@pytest.mark.usefixtures("machine")
def test_a_run_is_judged_recorded_and_can_be_judged_again(tmp_path: Path) -> None:
    """The guarded arm passes; its directory alone gives the same verdicts later, and its seed the same requests."""
    result = _run("unharmed", tmp_path)
    (arm,) = result.arms
    assert arm.verdict is PASS, arm.reason
    assert {path.name for path in arm.directory.iterdir()} >= {
        "experiment.json", "events.jsonl", "history", "verdict.json",
        "report.html", "report.md", "logs", "journal.jsonl",
    }  # fmt: skip
    ends = [(event.subject, event.data["exit_code"]) for event in arm.history.events if event.what == "exited"]
    assert ends == [("web-1", -9)]
    assert "by itself" not in arm.reason
    assert (tmp_path / "latest").resolve() == arm.directory
    again = judge_directory(arm.directory)
    assert [one.verdict for one in again.arms[0].checks] == [one.verdict for one in arm.checks]
    intended = arm.history.requests.intended
    assert again.arms[0].history.requests.intended.tolist() == intended.tolist()
    (repeated,) = _run("unharmed", tmp_path / "repeated").arms
    assert sorted(repeated.history.requests.intended.tolist()) == sorted(intended.tolist())


@pytest.mark.usefixtures("machine")
def test_a_sampled_run_passes_by_its_counts(tmp_path: Path) -> None:
    """A row in five of the successes is written, and every arrival is accounted for."""
    (found,) = select([f"{SMALL}::unharmed"])
    found = replace(found, experiment=replace(found.experiment, one_success_in=5))
    (arm,) = run_experiment(found, Choice(seed=1), RunOptions(tmp_path), Silent()).arms
    assert arm.verdict is PASS, arm.reason
    assert sum(arm.history.counts.values()) == sum(one.recorded for one in arm.history.generated)
    assert len(arm.history.requests) < sum(arm.history.counts.values()) / 4
    assert "one successful request in 5 has a row" in (arm.directory / "report.md").read_text()


@pytest.mark.usefixtures("machine")
def test_twins_are_proved_or_not_for_the_right_reasons(tmp_path: Path) -> None:
    """A twin that fails as it must is proved; one that passes, or does not come up, is not; three labs at once.

    Each arm says what it says alone, or was run again alone because a gate broke.
    """
    (found,) = select([f"{SMALL}::unharmed"])
    result = prove(found, Choice(seed=1, jobs=3), RunOptions(tmp_path, ready_within=10 * NS), OneView(Silent()))
    proofs = {proof.twin: proof for proof in result.proofs}
    assert list(proofs) == ["clients-of-the-dead-one", "nothing-is-wrong-here", "does-not-come-up"]
    assert proofs["clients-of-the-dead-one"].proved, proofs["clients-of-the-dead-one"].reasons
    assert not proofs["nothing-is-wrong-here"].proved
    assert "had to fail, and says pass" in proofs["nothing-is-wrong-here"].reasons[0]
    assert not proofs["does-not-come-up"].proved
    assert "web-2" in proofs["does-not-come-up"].reasons[0]
    assert not result.proved
    assert result.verdict is not PASS
    assert result.arms[0].verdict is PASS, result.arms[0].reason


@pytest.mark.usefixtures("machine")
def test_a_load_may_end_before_the_run(tmp_path: Path) -> None:
    """A generator that has nothing more to send has not failed: the run goes on to its end and is judged."""
    (arm,) = _run("ends_early", tmp_path).arms
    assert arm.verdict is PASS, arm.reason
    assert arm.history.meta.stopped == ""


@pytest.mark.usefixtures("machine", "echo")
def test_a_mistake_of_a_client_library_stops_the_run_and_is_named(tmp_path: Path) -> None:
    """Soon, as unknown; what the other loads recorded until then is kept, with the generator's account of it."""
    (found,) = select([f"{SMALL.with_name('mistaken.py')}::mistaken"])
    (arm,) = run_experiment(found, Choice(seed=1), RunOptions(tmp_path), Silent()).arms
    assert "bad from client: EchoSession raised ZeroDivisionError" in arm.history.meta.stopped
    assert arm.verdict is UNKNOWN, arm.reason
    account = {one.load: one for one in arm.history.generated}
    assert account["good"].scheduled == account["good"].recorded > 50
    assert arm.history.requests.load.equals("good").sum() == account["good"].recorded - account["good"].abandoned


@pytest.mark.usefixtures("machine")
def test_load_goes_on_from_a_client_that_was_powered_off(tmp_path: Path) -> None:
    """While it is off its requests fail; once it is back they succeed, from its new network."""
    (arm,) = _run("client_returns", tmp_path).arms
    assert arm.verdict is PASS, arm.reason


@pytest.mark.parametrize("name", ["guarded_by_load", "guarded_by_reading"])
@pytest.mark.usefixtures("machine")
def test_a_guard_stops_the_run_and_the_fault_is_gone_within_a_second(tmp_path: Path, name: str) -> None:
    """Whatever a guard looks at: once it trips, everything is undone within 1 s, long before its planned end."""
    (arm,) = _run(name, tmp_path).arms
    events = arm.history.events
    tripped = next(event.t for event in events if event.kind == "guard" and event.what == "tripped")
    undone = next(event.t for event in events if event.kind == "action" and event.what == "undone")
    assert undone - tripped < NS
    assert undone < 10 * NS
    assert "guard" in arm.history.meta.stopped
    expected = FAIL if name == "guarded_by_load" else UNKNOWN
    assert arm.verdict is expected, arm.reason


@pytest.mark.usefixtures("machine")
def test_a_lab_that_does_not_come_up_says_which_host_and_shows_its_log(tmp_path: Path) -> None:
    """The error names the host, what it did, and the end of what it wrote."""
    (found,) = select([f"{SMALL}::unharmed"])
    plan = make_plan(found, arm="does-not-come-up")
    with pytest.raises(LabError, match=r"(?s)web-2.*no configuration"):
        run_arm(plan, RunOptions(tmp_path, ready_within=5 * NS), Silent())


@contextmanager
def _small_disk(folder: Path, kib: int) -> Iterator[Path]:
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(disk)], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("kib", [4, 100])
def test_a_full_disk_is_said_and_nothing_is_left(tmp_path: Path, kib: int) -> None:
    """Wherever in the run the disk runs full, the error says so, everything is undone, and no lab is left."""
    before = look()
    with _small_disk(tmp_path, kib) as disk, pytest.raises(ChaoskitError, match="No space left on device"):
        _run("unharmed", disk / "runs")
    assert look() == before
    assert not [running for running in facts.everything() if running.directory.is_relative_to(tmp_path)]
