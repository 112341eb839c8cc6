"""Summaries of earlier proofs that cannot be read, and records that are of something else by now."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.progress import OneView, Silent
from chaoskit.engine.catalogue import prove_all
from chaoskit.engine.discovery import select
from chaoskit.engine.options import RunOptions
from chaoskit.engine.prove import Choice
from chaoskit.engine.resume import shown_before

SMALL = Path(__file__).parent / "small" / "small.py"


@pytest.mark.parametrize(
    "text",
    [
        '{"experiments": [{"id": "a", "dir',
        "[]",
        "{}",
        '{"experiments": [{"directory": "/x"}]}',
        '{"experiments": [{"id": "a", "directory": "/x"}]}',
        '{"experiments": [{"id": "a", "directory": "/x", "took": {"guarded": {"runs": 1}}, "attempts": []}]}',
    ],
)
def test_a_summary_that_cannot_be_read_is_a_usage_error(tmp_path: Path, text: str) -> None:
    """Cut off, or of an older chaoskit: it is named, with what to do."""
    (tmp_path / "summary.json").write_text(text)
    with pytest.raises(UsageError, match=r"summary\.json cannot be read"):
        shown_before(tmp_path, [], 1)


@pytest.mark.lab
def test_a_record_of_something_else_is_run_again(tmp_path: Path) -> None:
    """Of a plan or files that were others, of another version or driver, and one that does not say."""
    (found,) = select([f"{SMALL}::ends_early"])
    options = RunOptions(tmp_path / "runs", ready_within=10 * 10**9)
    choice = Choice(seed=1, rerun_unknown=2)
    first = prove_all([found], (), choice, options, OneView(Silent()), "chaoskit prove")
    assert list(shown_before(first.directory, [found], 1)) == [found.id]
    assert shown_before(first.directory, [found], 1, "docker") == {}
    (record,) = first.results[0].directory.glob("**/experiment.json")
    data = json.loads(record.read_text())
    others = {
        "digest": ["", "0" * 64],
        "environment": [{**data["meta"]["environment"], "chaoskit": "0.0.1"}],
    }
    for name, values in others.items():
        for value in values:
            record.write_text(json.dumps({**data, "meta": {**data["meta"], name: value}}))
            assert shown_before(first.directory, [found], 1) == {}, name
    older = {key: value for key, value in data["meta"].items() if key != "digest"}
    record.write_text(json.dumps({**data, "meta": older}))
    assert shown_before(first.directory, [found], 1) == {}
