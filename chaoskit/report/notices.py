"""What is said of a run as a whole beside its verdicts."""

from __future__ import annotations

from collections.abc import Iterator

from chaoskit.core.result import ArmResult


def notices(arm: ArmResult) -> Iterator[tuple[str, str]]:
    """Pairs of a heading, which may be empty, and a text: why it was stopped, and why the verdict is what it is.

    Where not every request has a row, that is said as well.
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
