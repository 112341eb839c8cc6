"""What is said of a run as a whole beside its verdicts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from chaoskit.core.load import OUTCOMES
from chaoskit.core.result import ArmResult


def notices(arm: ArmResult) -> Iterator[tuple[str, str]]:
    """Pairs of a heading, which may be empty, and a text: why it was stopped, and why the verdict is what it is.

    Where not every request has a row, that is said as well, and what was tried again.
    A reason that is the stop itself is not said twice.
    """
    stopped = arm.history.meta.stopped
    if stopped:
        yield "Stopped early", stopped
    if arm.reason and not (stopped and arm.reason == f"stopped: {stopped}"):
        yield "", arm.reason
    one_in = arm.history.meta.one_success_in
    if one_in > 1:
        yield "Sampled", f"one successful request in {one_in:,} has a row, and stands for as many in every number"
    attempts = arm.history.attempts
    if len(attempts):
        counts = np.bincount(attempts.outcome, minlength=len(OUTCOMES)).tolist()
        after = sorted(((count, why) for count, why in zip(counts, OUTCOMES, strict=True) if count), reverse=True)
        said = ", ".join(f"{count:,} after {why}" for count, why in after)
        yield "Retries", f"{len(attempts):,} attempts failed and were followed by another, no arrivals: {said}"
