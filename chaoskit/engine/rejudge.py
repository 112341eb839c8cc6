"""Judge a recorded run again: later, on another machine, with changed checks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from chaoskit.core.arm import GUARDED
from chaoskit.core.errors import UsageError
from chaoskit.core.history import Meta
from chaoskit.core.result import ArmResult, ExperimentResult
from chaoskit.engine import store
from chaoskit.engine.discovery import select
from chaoskit.engine.found import Found
from chaoskit.engine.judge import judge
from chaoskit.engine.paths import RUN_FILE
from chaoskit.engine.proof import compared, never_ran, prove_twin
from chaoskit.report.write import SUMMARY


def judge_directory(directory: Path) -> ExperimentResult:
    """Judge the run of a run directory, or every arm of a proof's.

    The experiment is taken from the file it was recorded from, or where that is not here by its id.

    Raises:
        UsageError: the folder holds no run, its experiment is not to be found, or has no such arm any more.
        DefinitionError: the experiment's file cannot be loaded.
    """
    directory = directory.resolve()
    if not directory.is_dir():
        raise UsageError(f"there is no folder {directory}", remedy="Run directories are below runs/.")
    if (directory / SUMMARY).is_file():
        raise _several(directory)
    folders = (
        [directory]
        if (directory / RUN_FILE).exists()
        else sorted(each.parent for each in directory.glob(f"*/{RUN_FILE}"))
    )
    if not folders:
        store.read_meta(directory)  # says that this is no run directory
    arms = {store.read_meta(folder).arm: folder for folder in folders}
    found = _found(store.read_meta(folders[0]))
    results = tuple(_judged(found, arm, arms[arm]) for arm in sorted(arms, key=lambda arm: arm != GUARDED))
    if folders == [directory]:
        return ExperimentResult(found.id, found.experiment.claim, directory, results)
    by_arm = {result.arm: result for result in results}
    proofs = tuple(
        prove_twin(found, twin, by_arm[twin.name])
        if twin.name in by_arm
        else never_ran(twin, "there is no record of it")
        for twin in found.experiment.twins
    )
    compares = tuple(compared(found, found.experiment.compares, results))
    return ExperimentResult(found.id, found.experiment.claim, directory, results, proofs, compares)


def _several(directory: Path) -> UsageError:
    summary = json.loads((directory / SUMMARY).read_text(encoding="utf-8"))
    names = [Path(one["directory"]).name for one in summary["experiments"] if "directory" in one]
    remedy = f"Name one of them: {', '.join(names[:12]) or 'none came to an end'}."
    return UsageError(f"{directory} sums up {summary['wanted']} experiments, and is no run", remedy=remedy)


def _judged(found: Found, arm: str, folder: Path) -> ArmResult:
    try:
        twin = found.experiment.twin(arm)
    except KeyError:
        raise UsageError(
            f"{found.id} has no arm {arm!r} any more", remedy=f"It has: {', '.join(found.experiment.arms)}."
        ) from None
    names = found.names.alias(twin.instead) if twin else found.names
    return judge(found, arm, store.read_history(folder, names), folder)


def _found(meta: Meta) -> Found:
    overrides: Mapping[str, str] = {name: str(value) for name, value in meta.params.items()}
    pattern = f"{meta.source}::{meta.experiment}" if Path(meta.source).exists() else meta.experiment
    (found,) = select([pattern], overrides=overrides)
    return found
