from __future__ import annotations

import json
from pathlib import Path

import pytest

from chaoskit.core.summary import Item
from chaoskit.report.summary.json import SCHEMA, render
from tests.report import synthetic
from tests.report.summary import made


def test_every_experiment_has_the_same_keys_to_rely_on(tmp_path: Path) -> None:
    """Proved or not run at all: id, claim, verdict, word, error and what its arms took."""
    data = json.loads(render(made.summary(tmp_path)))
    assert (data["schema"], data["wanted"], data["runs"], data["jobs"]) == (SCHEMA, 4, 6, 2)
    assert [one["word"] for one in data["experiments"]] == ["proved", "not proved", "error"]
    for one in data["experiments"]:
        assert {"id", "claim", "verdict", "word", "error", "took"} <= set(one)
    proved, _, failed = data["experiments"]
    assert proved["took"]["plain-dns"] == {"runs": 2, "seconds": 71.2, "planned": 60.0}
    assert proved["arms"][1]["checks"][0]["measured"] == 13.11
    assert failed["error"].startswith("keepalived is missing")


@pytest.mark.parametrize(("kept", "verdict"), [((0, 1, 2), "error"), ((0, 1), "unknown"), ((0,), "pass")])
def test_the_verdict_is_the_worst(tmp_path: Path, kept: tuple[int, ...], verdict: str) -> None:
    """An error before everything, a twin that was not noticed before a pass."""
    items = made.summary(tmp_path).items
    assert json.loads(render(made.summary(tmp_path, *(items[i] for i in kept))))["verdict"] == verdict


def test_what_was_not_done_is_unknown(tmp_path: Path) -> None:
    """A summary that ended early is no pass."""
    done = Item("a.b", synthetic.CLAIM, made.proved(tmp_path))
    whole = made.summary(tmp_path, done)
    assert (
        json.loads(render(type(whole)(whole.directory, (done,), 2, 1.0, 1, "", "interrupted")))["verdict"] == "unknown"
    )
