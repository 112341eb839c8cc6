from __future__ import annotations

import json
from pathlib import Path

import pytest

from chaoskit.cli import proving
from chaoskit.core.errors import LabError
from chaoskit.core.summary import Effort, Item, Summary
from chaoskit.engine.discovery import Broken
from chaoskit.engine.found import Found
from chaoskit.engine.options import RunOptions
from chaoskit.engine.prove import Choice
from tests.cli.conftest import Cli
from tests.report.summary import made
from tests.samples import write

SEVERAL = """
from chaoskit import Experiment, Lab
good, odd = (Experiment(claim="c", lab=Lab("gslb"), duration="9s") for _ in range(2))
"""


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([], "which experiments"),
        (["--all", "gslb.pool_death"], "not both"),
        (["--family", "gslb", "gslb.pool_death"], "not both"),
        (["--family", "gslbb"], "Did you mean"),
        (["--all", "--jobs", "0"], "from 1 up"),
        (["--all", "--set", "nonsense=1"], "nothing that was selected has a parameter"),
    ],
)
def test_what_is_to_be_proved_has_to_be_clear(cli: Cli, argv: list[str], said: str) -> None:
    """Before anything starts."""
    answer = cli("prove", *argv)
    assert answer.status == 3
    assert said in answer.err


@pytest.fixture
def asked(project: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], list[str], Choice]]:
    """What `prove_all` was asked for; it says that good is proved and everything else an error."""
    write(project / "chaos" / "several.py", SEVERAL)
    write(project / "chaos" / "torn.py", "nonsense(\n")
    write(project / "pyproject.toml", '[tool.chaoskit]\nexperiments = ["chaos/"]\n')
    calls: list[tuple[list[str], list[str], Choice]] = []

    def prove_all(
        wanted: tuple[Found, ...], broken: tuple[Broken, ...], choice: Choice, options: RunOptions, *_: object
    ) -> Summary:
        calls.append(([each.id for each in wanted], [each.source.module for each in broken], choice))
        items = [Item(each.source.module, "", None, str(each.error)) for each in broken]
        for each in wanted:
            bad = each.name != "good"
            result = None if bad else made.proved(options.runs / each.id)
            items.append(Item(each.id, "c", result, str(LabError("no daemon")) if bad else "", {"guarded": Effort()}))
        return made.summary(options.runs, *items)

    monkeypatch.setattr(proving, "prove_all", prove_all)
    return calls


Asked = list[tuple[list[str], list[str], Choice]]


def test_all_is_what_list_shows_and_files_that_do_not_load_are_errors_of_it(
    cli: Cli, asked: Asked, tmp_path: Path
) -> None:
    """Jobs and reruns reach the pool; the worst status is the command's; JUnit holds a suite for each."""
    listed = cli("list", "--json").json
    junit = tmp_path / "junit.xml"
    answer = cli("prove", "--all", "--jobs", "2", "--rerun-unknown", "1", "--runs", "out", "--junit", str(junit))
    ((ids, broken, choice),) = asked
    assert isinstance(listed, list)
    assert ids == [one["id"] for one in listed]
    assert {"several.good", "several.odd", "gslb.pool_death"} <= set(ids)
    assert broken == ["torn"]
    assert (choice.jobs, choice.rerun_unknown) == (2, 1)
    assert answer.status == 3
    assert "several.good" in answer.out
    assert "no daemon" in answer.out
    assert junit.read_text().count("<testsuite ") == len(ids) + 1


def test_a_family_is_a_module(cli: Cli, asked: Asked) -> None:
    """Several may be named; what is broken elsewhere is none of its business."""
    cli("prove", "--family", "several", "--family", "gslb", "--runs", "out")
    ((ids, broken, _),) = asked
    assert {id_.partition(".")[0] for id_ in ids} == {"several", "gslb"}
    assert broken == []


def test_several_by_pattern_are_proved_in_one_pool(cli: Cli, asked: Asked) -> None:
    """And answered with one JSON document, errors on stderr."""
    answer = cli("prove", "several.*", "--jobs", "3", "--json", "--runs", "out")
    ((ids, _, choice),) = asked
    assert (ids, choice.jobs) == (["several.good", "several.odd"], 3)
    data = json.loads(answer.out)
    assert [one["id"] for one in data["experiments"]] == ["gslb.pool_death", "several.odd"]
    assert "several.odd: no daemon" in answer.err


def test_an_interruption_says_where_what_was_done_is(cli: Cli, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Status 130, as for a single run."""
    assert asked == []

    def interrupted(*_: object) -> Summary:
        raise KeyboardInterrupt

    monkeypatch.setattr(proving, "prove_all", interrupted)
    answer = cli("prove", "--all", "--runs", "out")
    assert answer.status == 130
    assert "everything was undone" in answer.err
    assert str(Path("out") / "latest") in answer.err
