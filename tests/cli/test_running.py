"""Running several experiments: merged statuses, JUnit, and what one that cannot be run does to the others."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from chaoskit.cli.parser import parse
from chaoskit.cli.running import run_all
from chaoskit.core.errors import LabError
from chaoskit.core.progress import Progress
from chaoskit.core.result import ExperimentResult
from chaoskit.core.verdict import Verdict, failed, passed, unknown
from chaoskit.engine.found import Found
from chaoskit.engine.options import RunOptions
from chaoskit.engine.prove import Choice
from tests.report import synthetic
from tests.samples import write

SEVERAL = """
from chaoskit import Experiment, Lab
good, bad, dim, gone = (Experiment(claim="c", lab=Lab("gslb"), duration="9s") for _ in range(4))
"""

VERDICTS = {"good": passed("fine"), "bad": failed("worse"), "dim": unknown("who knows")}


@pytest.fixture
def several(project: Path) -> Path:
    """Four experiments."""
    return write(project / "several.py", SEVERAL)


def judged(found: Found, choice: Choice, options: RunOptions, progress: Progress) -> ExperimentResult:
    """Stands for a run: the verdict is in the name."""
    assert (choice.seed, choice.rerun_unknown, options.runs) == (7, 2, Path("out"))
    progress.phase("run")
    if found.name == "gone":
        raise LabError("the lab did not come up")
    return _with(VERDICTS[found.name], found.id)


def _with(verdict: Verdict, id_: str) -> ExperimentResult:
    result = synthetic.single(Path("out"))
    arm = replace(result.arms[0], gates=(), checks=(replace(result.arms[0].checks[0], verdict=verdict),))
    return replace(result, experiment=id_, arms=(arm,))


def _object(result: ExperimentResult) -> dict[str, object]:
    return {"id": result.experiment}


@pytest.mark.parametrize(
    ("names", "options", "status"),
    [
        (["good"], [], 0),
        (["bad"], [], 1),
        (["dim"], [], 2),
        (["gone"], [], 3),
        (["dim", "bad", "good"], [], 1),
        (["bad", "gone", "dim"], [], 3),
        (["good", "dim"], [], 2),
        (["good", "dim"], ["--unknown=warn"], 0),
        (["bad", "dim"], ["--unknown=warn"], 1),
    ],
)
@pytest.mark.usefixtures("several")
def test_the_worst_status_is_the_commands(
    names: list[str], options: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that cannot be run keeps no other from running; an unknown passes only when that was asked for."""
    ids = [f"several.py::{name}" for name in names]
    args = parse(["run", *ids, "--seed", "7", "--rerun-unknown", "2", "--runs", "out", *options])
    assert run_all(args, judged, _object) == status
    said = capsys.readouterr()
    assert ("did not come up" in said.err) == ("gone" in names)
    assert ("lets it pass" in said.err) == bool(options)
    assert all(f"several.{name}" in said.out for name in names if name != "gone")


@pytest.mark.usefixtures("several")
def test_junit_has_every_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A CI server sees the fail as a failure, the unknown and what could not run as errors; JSON has them all."""
    file = tmp_path / "junit.xml"
    ids = [f"several.py::{name}" for name in ("good", "bad", "dim", "gone")]
    shared = ["--seed", "7", "--rerun-unknown", "2", "--runs", "out"]
    run_all(parse(["run", *ids, "--json", "--junit", str(file), *shared]), judged, _object)
    root = ET.parse(file).getroot()
    assert (root.get("failures"), root.get("errors"), root.get("skipped")) == ("1", "2", "0")
    assert [suite.get("name") for suite in root] == ["several.good", "several.bad", "several.dim", "several.gone"]
    objects = json.loads(capsys.readouterr().out)
    assert [one["id"] for one in objects] == ["several.good", "several.bad", "several.dim", "several.gone"]
    assert "did not come up" in objects[-1]["error"]
