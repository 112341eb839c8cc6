"""Resuming: what an earlier proof of many experiments has shown already need not be run again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from chaoskit.core.errors import ChaoskitError, UsageError
from chaoskit.core.result import ExperimentResult
from chaoskit.core.summary import Effort, Item
from chaoskit.core.verdict import UNKNOWN
from chaoskit.engine.found import Found
from chaoskit.engine.rejudge import judge_directory
from chaoskit.report.write import SUMMARY


def shown_before(directory: Path, wanted: Sequence[Found], seed: int) -> Mapping[str, Item]:
    """The experiments that a summary's runs decide, judged again by the checks as they are now, by id.

    What came out unknown, could not be run, or was run with another seed or other parameters is not among them.

    Raises:
        UsageError: the folder holds no summary.
    """
    path = directory / SUMMARY
    if not path.is_file():
        raise UsageError(f"{directory} holds no {SUMMARY}", remedy="Name the folder that `chaoskit prove --all` made.")
    recorded = {one["id"]: one for one in json.loads(path.read_text(encoding="utf-8"))["experiments"]}
    return {item.experiment: item for item in _items(recorded, wanted, seed)}


def _items(recorded: Mapping[str, Mapping[str, Any]], wanted: Sequence[Found], seed: int) -> Iterator[Item]:
    for found in wanted:
        one = recorded.get(found.id, {})
        result = _again(Path(one["directory"])) if "directory" in one else None
        if result is not None and _is_the_same(result, found, seed):
            efforts = {arm: Effort(took["runs"], took["seconds"], took["planned"]) for arm, took in one["took"].items()}
            result = replace(result, attempts=tuple(one["attempts"]))
            yield Item(found.id, found.experiment.claim, result, efforts=efforts)


def _again(directory: Path) -> ExperimentResult | None:
    """The result of recorded runs; None where they are gone, or cannot be judged any more."""
    try:
        result = judge_directory(directory)
    except ChaoskitError:
        return None
    # A twin without a record is not proved, and a verdict that is unknown decides nothing: both are to be run.
    return None if result.verdict is UNKNOWN else result


def _is_the_same(result: ExperimentResult, found: Found, seed: int) -> bool:
    metas = [arm.history.meta for arm in result.arms]
    return all(meta.seed == seed and dict(meta.params) == dict(found.params) for meta in metas)
