"""Several arms: one after the other, or side by side where their gates hold that way.

An arm whose gates broke beside others says nothing yet: it is run again, alone, and the attempts say so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from chaoskit.core.errors import ChaoskitError
from chaoskit.core.progress import Progress, Silent
from chaoskit.core.result import ArmResult
from chaoskit.core.verdict import PASS
from chaoskit.engine.options import RunOptions
from chaoskit.engine.plan import Plan

RunOne = Callable[[Plan, str, Progress], tuple[ArmResult, tuple[str, ...]]]
"""Runs a plan in a folder named after its arm (with a suffix for a further attempt)."""


@dataclass(frozen=True)
class Ran:
    """What became of an arm: a result, or the error that kept it from running."""

    result: ArmResult | None
    error: ChaoskitError | None
    attempts: tuple[str, ...]


def run_arms(
    plans: Mapping[str, Plan], jobs: int, run: RunOne, options: RunOptions, progress: Progress
) -> dict[str, Ran]:
    """Run every arm, at most `jobs` at a time.

    Raises:
        KeyboardInterrupt: it was interrupted; every arm under way has been undone.
    """
    if jobs == 1:
        return {arm: _attempt(plan, arm, run, progress) for arm, plan in plans.items()}
    progress.note(f"{', '.join(plans)}: {jobs} side by side")
    with ThreadPoolExecutor(jobs) as pool:
        running = {arm: pool.submit(_attempt, plan, arm, run, Silent()) for arm, plan in plans.items()}
        try:
            beside = {arm: future.result() for arm, future in running.items()}
        except BaseException:
            options.cancel.set()
            raise
    return {arm: _alone(plans[arm], arm, ran, run, progress) for arm, ran in beside.items()}


def _attempt(plan: Plan, arm: str, run: RunOne, progress: Progress, suffix: str = "") -> Ran:
    try:
        result, attempts = run(plan, arm + suffix, progress)
    except ChaoskitError as error:
        return Ran(None, error, ())
    return Ran(result, None, attempts)


def _alone(plan: Plan, arm: str, ran: Ran, run: RunOne, progress: Progress) -> Ran:
    broken = [gate.name for gate in ran.result.gates if gate.verdict.outcome is not PASS] if ran.result else []
    if not broken:
        return ran
    why = f"{arm}: the gate '{broken[0]}' broke beside other arms; it was run again, alone"
    progress.note(why)
    again = _attempt(plan, arm, run, progress, ".alone")
    return Ran(again.result, again.error, (*ran.attempts, why, *again.attempts))
