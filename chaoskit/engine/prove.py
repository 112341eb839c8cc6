"""Run an experiment: the guarded arm or one named arm (`run`), or every arm with its proof (`prove`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from chaoskit.core.arm import GUARDED, Twin
from chaoskit.core.check import Comparison
from chaoskit.core.progress import Progress
from chaoskit.core.result import ArmResult, ExperimentResult, Judged, Proof
from chaoskit.core.verdict import PASS, UNKNOWN, unknown
from chaoskit.engine.arms import Ran, run_arms
from chaoskit.engine.found import Found
from chaoskit.engine.options import RunOptions
from chaoskit.engine.paths import new_run_id, space_is_said
from chaoskit.engine.plan import Plan, make_plan
from chaoskit.engine.proof import never_ran, prove_twin
from chaoskit.engine.run import run_arm
from chaoskit.engine.title import title
from chaoskit.report.write import write_all


@dataclass(frozen=True)
class Choice:
    """What of an experiment is to be run, how often again when nothing can be said, and how much of it at a time.

    Attributes:
        jobs: how many arms of a proof run side by side.
    """

    seed: int
    driver: str = "native"
    arm: str = GUARDED
    rerun_unknown: int = 0
    jobs: int = 1


def run_experiment(found: Found, choice: Choice, options: RunOptions, progress: Progress) -> ExperimentResult:
    """Run one arm, judge it, and write its report into its run directory.

    A run whose verdict is unknown is repeated up to `choice.rerun_unknown` times; every attempt is listed.

    Raises:
        ChaoskitError: it cannot be planned, or its lab cannot be brought up.
        KeyboardInterrupt: it was interrupted; nothing is left.
    """
    plan = make_plan(found, arm=choice.arm, seed=choice.seed, driver=choice.driver)
    arm, attempts = _run(plan, choice.rerun_unknown, options, progress)
    point_latest(options.runs, arm.directory)
    return ExperimentResult(found.id, found.experiment.claim, arm.directory, (arm,), attempts=attempts)


def prove(found: Found, choice: Choice, options: RunOptions, progress: Progress) -> ExperimentResult:
    """Run every arm and say of each twin whether it failed as it must.

    Raises:
        ChaoskitError: the guarded arm cannot be run; a twin that cannot be run is not proved.
        KeyboardInterrupt: it was interrupted; nothing is left.
    """
    directory = options.runs.resolve() / new_run_id(found.id)
    plans = {arm: make_plan(found, arm=arm, seed=choice.seed, driver=choice.driver) for arm in found.experiment.arms}

    def run(plan: Plan, folder: str, watcher: Progress) -> tuple[ArmResult, tuple[str, ...]]:
        return _run(plan, choice.rerun_unknown, options, watcher, directory / folder)

    ran = run_arms(plans, choice.jobs, run, options, progress)
    if error := ran[GUARDED].error:
        raise error
    arms = [one.result for one in ran.values() if one.result]
    proofs = tuple(_proof(found, twin, ran[twin.name]) for twin in found.experiment.twins)
    compares = tuple(compared(found, found.experiment.compares, arms))
    attempts = tuple(line for one in ran.values() for line in one.attempts)
    result = ExperimentResult(found.id, found.experiment.claim, directory, tuple(arms), proofs, compares, attempts)
    _report(result)
    point_latest(options.runs, directory)
    return result


def _proof(found: Found, twin: Twin, ran: Ran) -> Proof:
    return prove_twin(found, twin, ran.result) if ran.result else never_ran(twin, str(ran.error))


def _report(result: ExperimentResult) -> None:
    with space_is_said(result.directory):
        write_all(result, result.directory)


def _run(
    plan: Plan, reruns: int, options: RunOptions, progress: Progress, directory: Path | None = None
) -> tuple[ArmResult, tuple[str, ...]]:
    attempts: list[str] = []
    for attempt in range(reruns + 1):
        folder = directory if directory is None or attempt == 0 else directory.with_name(f"{directory.name}.{attempt}")
        # An arm of a proof is found by the proof's id and its own name, as its folder is.
        result = run_arm(plan, options, progress, folder, f"{folder.parent.name}.{folder.name}" if folder else "")
        _report(ExperimentResult(plan.found.id, result.history.meta.claim, result.directory, (result,)))
        attempts.append(f"{plan.arm}: {result.verdict}, {result.reason} ({result.directory.name})")
        if result.verdict is not UNKNOWN:
            break
        if attempt < reruns:
            progress.note(f"unknown ({result.reason}); running it again")
    return result, tuple(attempts) if len(attempts) > 1 else ()


def compared(found: Found, compares: Sequence[Comparison], arms: Sequence[ArmResult]) -> Iterator[Judged]:
    """The verdicts of the comparisons of arms; a broken gate of any arm makes them unknown."""
    histories = {arm.arm: arm.history for arm in arms}
    broken = [f"{gate.name} ({arm.arm})" for arm in arms for gate in arm.gates if gate.verdict.outcome is not PASS]
    for comparison in compares:
        try:
            verdict = comparison.decide(histories)
        except Exception as error:  # noqa: BLE001  a crashed check is unknown, and takes no other verdict with it
            verdict = unknown(f"the comparison itself failed: {type(error).__name__}: {error}")
        said = verdict.because_gate(broken[0]) if broken else verdict
        yield Judged(found.names.of(comparison), title(comparison, found.names), said)


def point_latest(runs: Path, directory: Path) -> None:
    """Let `runs/latest` point at the newest run, where the file system has symbolic links."""
    link, draft = runs / "latest", runs / f".latest-{directory.name}"
    draft.symlink_to(directory.resolve())
    draft.replace(link)
