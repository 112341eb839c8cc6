"""The steady state of a running project, measured for a few seconds by the load its first experiments will have."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.errors import ChaoskitError
from chaoskit.core.history import Requests, concatenate
from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.core.progress import Progress
from chaoskit.core.result import ArmResult
from chaoskit.core.verdict import PASS
from chaoskit.engine import module
from chaoskit.engine.authoring.first import Entry, Measured, measurement_text
from chaoskit.engine.options import RunOptions
from chaoskit.engine.prove import Choice
from chaoskit.engine.run import run_arm
from chaoskit.engine.sources import Source

SECONDS = 5
_ATTEMPTS = 3
_FEWEST = 0.9
"""Share of requests that must succeed for a steady state to be one."""


def measured(project: str, entry: Entry, choice: Choice, progress: Progress) -> Measured:
    """Drive the load for `SECONDS` and look at its requests; nothing is broken, and nothing is kept.

    What this machine did not let be measured is measured again, three times in all.

    Raises:
        ChaoskitError: no measurement is to be believed, or callers are not served as it is.
    """
    for _ in range(_ATTEMPTS):
        arm = _run(project, entry, choice, progress)
        _refuse_failing(arm.history.requests, entry)
        if arm.verdict is PASS:
            return _of(arm.history.requests)
        progress.note(f"not measured: {arm.reason}")
    wrong = next(one.verdict for one in (*arm.gates, *arm.checks) if one.verdict.outcome is not PASS)
    raise ChaoskitError(
        f"{project} could not be measured: {arm.reason}",
        remedy=wrong.remedy or "Try again on a machine with less else to do.",
    )


def _run(project: str, entry: Entry, choice: Choice, progress: Progress) -> ArmResult:
    with tempfile.TemporaryDirectory(prefix="chaoskit-init-") as folder:
        path = Path(folder) / "measurement.py"
        path.write_text(measurement_text(project, entry, SECONDS), encoding="utf-8")
        (found,) = module.load(Source(path, path.stem, path.parent, by_hand=True))
        arm = run_arm(choice.plan(found), RunOptions(Path(folder) / "runs"), progress)
        # The folder is gone in a moment, and columns would be read from it.
        rows = concatenate([arm.history.requests])
    return replace(arm, history=replace(arm.history, requests=rows))


def _refuse_failing(rows: Requests, entry: Entry) -> None:
    good = int(_succeeded(rows).sum())
    if good < _FEWEST * len(rows):
        raise ChaoskitError(
            f"callers of {entry.url} are not served as it is: {good} of {len(rows)} requests succeeded",
            remedy="Name what they ask for with --entry URL, or mend the project first.",
        )


def _of(rows: Requests) -> Measured:
    good = _succeeded(rows)
    took = rows.end[good] / 1e6
    median, p95 = (float(np.quantile(took, q, method="higher")) for q in (0.5, 0.95))
    return Measured(len(rows), SECONDS, float(np.mean(good)), median, p95)


def _succeeded(rows: Requests) -> NDArray[np.bool_]:
    return np.isin(rows.outcome, [OUTCOMES.index(Outcome.OK)])
