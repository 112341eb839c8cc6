"""The steady state of a running project, measured for a few seconds by the load its first experiments will have."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from chaoskit.core.errors import ChaoskitError
from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.core.progress import Progress
from chaoskit.core.verdict import PASS
from chaoskit.engine import module
from chaoskit.engine.authoring.first import Entry, Measured, measurement_text
from chaoskit.engine.options import RunOptions
from chaoskit.engine.prove import Choice
from chaoskit.engine.run import run_arm
from chaoskit.engine.sources import Source

SECONDS = 5
_FEWEST = 0.9
"""Share of requests that must succeed for a steady state to be one."""


def measured(project: str, entry: Entry, choice: Choice, progress: Progress) -> Measured:
    """Drive the load for `SECONDS` and look at its requests; nothing is broken, and nothing is kept.

    Raises:
        ChaoskitError: the measurement is not to be believed, or callers are not served as it is.
    """
    with tempfile.TemporaryDirectory(prefix="chaoskit-init-") as folder:
        path = Path(folder) / "measurement.py"
        path.write_text(measurement_text(project, entry, SECONDS), encoding="utf-8")
        (found,) = module.load(Source(path, path.stem, path.parent, by_hand=True))
        arm = run_arm(choice.plan(found), RunOptions(Path(folder) / "runs"), progress)
        for judged in (*arm.gates, *arm.checks):
            if judged.verdict.outcome is not PASS:
                remedy = judged.verdict.remedy or "Try again on a machine with less else to do."
                raise ChaoskitError(f"{project} could not be measured: {arm.reason}", remedy=remedy)
        rows = arm.history.requests
    good = rows.outcome == OUTCOMES.index(Outcome.OK)
    share = float(np.mean(good)) if len(rows) else 0.0
    if share < _FEWEST:
        raise ChaoskitError(
            f"callers of {entry.url} are not served as it is: {int(good.sum())} of {len(rows)} requests succeeded",
            remedy="Name what they ask for with --entry URL, or mend the project first.",
        )
    took = rows.end[good] / 1e6
    median, p95 = (float(np.quantile(took, q, method="higher")) for q in (0.5, 0.95))
    return Measured(len(rows), SECONDS, share, median, p95)
