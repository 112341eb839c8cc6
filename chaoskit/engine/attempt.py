"""Attempts: a run, judged and reported, and repeated while nothing can be said."""

from __future__ import annotations

from pathlib import Path

from chaoskit.core.progress import Progress
from chaoskit.core.result import ArmResult, ExperimentResult
from chaoskit.core.verdict import UNKNOWN
from chaoskit.engine.options import RunOptions
from chaoskit.engine.paths import space_is_said
from chaoskit.engine.plan import Plan
from chaoskit.engine.run import run_arm
from chaoskit.report.write import write_all


def attempt(
    plan: Plan, reruns: int, options: RunOptions, progress: Progress, directory: Path | None = None
) -> tuple[ArmResult, tuple[str, ...]]:
    """Run a plan, again up to `reruns` times while its verdict is unknown; the last result, and a line an attempt.

    Args:
        plan: what to run.
        reruns: how often to repeat it.
        options: how.
        progress: who watches.
        directory: where to record the first attempt, others beside it; by default a new folder each.

    Raises:
        ChaoskitError: the lab could not be brought up, or the run could not be recorded.
        KeyboardInterrupt: it was interrupted; nothing is left.
    """
    lines: list[str] = []
    for number in range(reruns + 1):
        folder = directory if directory is None or number == 0 else directory.with_name(f"{directory.name}.{number}")
        # An arm of a proof is found by the proof's id and its own name, as its folder is.
        result = run_arm(plan, options, progress, folder, f"{folder.parent.name}.{folder.name}" if folder else "")
        report(ExperimentResult(plan.found.id, result.history.meta.claim, result.directory, (result,)))
        lines.append(f"{plan.arm}: {result.verdict}, {result.reason} ({result.directory.name})")
        if result.verdict is not UNKNOWN or options.cancel.is_set():
            break
        if number < reruns:
            progress.note(f"unknown ({result.reason}); running it again")
    return result, tuple(lines) if len(lines) > 1 else ()


def report(result: ExperimentResult) -> None:
    """Write every report of a result into its directory.

    Raises:
        ChaoskitError: the disk takes no more.
    """
    with space_is_said(result.directory):
        write_all(result, result.directory)
