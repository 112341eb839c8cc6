"""Resuming: what an earlier proof of many experiments has shown already need not be run again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chaoskit.core.errors import ChaoskitError, UsageError
from chaoskit.core.history import Meta
from chaoskit.core.result import ExperimentResult
from chaoskit.core.summary import Effort, Item
from chaoskit.core.verdict import UNKNOWN
from chaoskit.engine.digest import digest
from chaoskit.engine.environment import environment
from chaoskit.engine.found import Found
from chaoskit.engine.plan import make_plan
from chaoskit.engine.rejudge import judge_directory
from chaoskit.report.write import SUMMARY


def shown_before(directory: Path, wanted: Sequence[Found], seed: int, driver: str = "native") -> Mapping[str, Item]:
    """The experiments that a summary's runs decide, judged again by the checks as they are now, by id.

    What came out unknown, could not be run, or was run as something else is not among them: with another seed, other
    parameters, another plan, other files of the lab, on another driver or by another version of chaoskit.

    Raises:
        UsageError: the folder holds no summary, or one that cannot be read.
    """
    path = directory / SUMMARY
    if not path.is_file():
        raise UsageError(f"{directory} holds no {SUMMARY}", remedy="Name the folder that `chaoskit prove --all` made.")
    recorded = _recorded(path)
    return {item.experiment: item for item in _items(recorded, wanted, seed, driver)}


@dataclass(frozen=True)
class _Recorded:
    """What a summary has of one experiment that was run."""

    directory: Path
    efforts: Mapping[str, Effort]
    attempts: tuple[str, ...]


def _recorded(path: Path) -> dict[str, _Recorded]:
    """The experiments of a summary that were run, by id."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["experiments"]
        return {str(row["id"]): _row(row) for row in rows if "directory" in row}
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{path} cannot be read: {type(error).__name__}: {error}",
            remedy="It was cut off, or an older chaoskit wrote it. Prove without --resume.",
        ) from error


def _row(row: Mapping[str, Any]) -> _Recorded:
    efforts = {arm: Effort(took["runs"], took["seconds"], took["planned"]) for arm, took in row["took"].items()}
    return _Recorded(Path(row["directory"]), efforts, tuple(row["attempts"]))


def _items(recorded: Mapping[str, _Recorded], wanted: Sequence[Found], seed: int, driver: str) -> Iterator[Item]:
    for found in wanted:
        one = recorded.get(found.id)
        result = _again(one.directory) if one else None
        if one and result and all(_is_the_same(arm.history.meta, found, seed, driver) for arm in result.arms):
            result = replace(result, attempts=one.attempts)
            yield Item(found.id, found.experiment.claim, result, efforts=one.efforts)


def _again(directory: Path) -> ExperimentResult | None:
    """The result of recorded runs; None where they are gone, or cannot be judged any more."""
    try:
        result = judge_directory(directory)
    except ChaoskitError:
        return None
    # A twin without a record is not proved, and a verdict that is unknown decides nothing: both are to be run.
    return None if result.verdict is UNKNOWN else result


def _is_the_same(meta: Meta, found: Found, seed: int, driver: str) -> bool:
    """Whether running the arm now would run what was recorded."""
    if meta.seed != seed or dict(meta.params) != dict(found.params) or not meta.digest:
        return False
    if meta.driver != driver or meta.environment.get("chaoskit") != environment()["chaoskit"]:
        return False
    try:
        return meta.digest == digest(make_plan(found, arm=meta.arm, seed=seed, driver=driver))
    except (ChaoskitError, OSError):
        return False  # it cannot be planned any more, and proving it will say why
