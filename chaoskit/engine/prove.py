"""Run an experiment: one of its arms (`run`), or every arm with its proof (`prove`), of one experiment or of many."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chaoskit.core.arm import GUARDED, Twin
from chaoskit.core.errors import ChaoskitError
from chaoskit.core.progress import Board, Progress
from chaoskit.core.result import ArmResult, ExperimentResult, Proof
from chaoskit.core.summary import Effort, Item
from chaoskit.core.units import NS
from chaoskit.engine.arms import Arm, Ran, run_arms
from chaoskit.engine.attempt import attempt, report
from chaoskit.engine.found import Found
from chaoskit.engine.options import RunOptions
from chaoskit.engine.paths import new_run_id, point_latest
from chaoskit.engine.plan import Plan, make_plan
from chaoskit.engine.proof import compared, never_ran, prove_twin
from chaoskit.labs.attachment import Attachment


@dataclass(frozen=True)
class Choice:
    """What of an experiment is to be run, how often again when nothing can be said, and how much of it at a time.

    Attributes:
        jobs: how many arms run side by side, of all experiments together.
        attachment: the running project that takes the place of the experiment's own lab.
    """

    seed: int
    driver: str = "native"
    arm: str = GUARDED
    rerun_unknown: int = 0
    jobs: int = 1
    attachment: Attachment | None = None

    def plan(self, found: Found, arm: str | None = None) -> Plan:
        """The plan of the chosen arm, or of another.

        Raises:
            ChaoskitError: it cannot be planned.
        """
        return make_plan(found, arm=arm or self.arm, seed=self.seed, driver=self.driver, attachment=self.attachment)


def run_experiment(found: Found, choice: Choice, options: RunOptions, progress: Progress) -> ExperimentResult:
    """Run one arm, judge it, and write its report into its run directory.

    A run whose verdict is unknown is repeated up to `choice.rerun_unknown` times; every attempt is listed.

    Raises:
        ChaoskitError: it cannot be planned, or its lab cannot be brought up.
        KeyboardInterrupt: it was interrupted; nothing is left.
    """
    plan = choice.plan(found)
    arm, attempts = attempt(plan, choice.rerun_unknown, options, progress)
    point_latest(options.runs, arm.directory)
    return ExperimentResult(found.id, found.experiment.claim, arm.directory, (arm,), attempts=attempts)


def prove(found: Found, choice: Choice, options: RunOptions, board: Board) -> ExperimentResult:
    """Run every arm and say of each twin whether it failed as it must.

    Raises:
        ChaoskitError: the guarded arm cannot be run; a twin that cannot be run is not proved.
        KeyboardInterrupt: it was interrupted; nothing is left.
    """
    proving = _Proving(choice, options, board)
    proving.add(found)
    results: list[ExperimentResult] = []
    proving.run(lambda found, ran: results.append(proving.conclude(found, ran)))
    point_latest(options.runs, results[0].directory)
    return results[0]


def prove_each(
    wanted: Sequence[Found], choice: Choice, options: RunOptions, board: Board, then: Callable[[Item], None]
) -> None:
    """Prove experiments in one pool of runs; what keeps one of them from being proved does not stop the others.

    Args:
        wanted: what to prove, in this order.
        choice: how.
        options: where.
        board: who watches.
        then: takes each as soon as it is done.

    Raises:
        KeyboardInterrupt: it was interrupted; nothing is left, and those that were done have been handed on.
    """
    proving = _Proving(choice, options, board)
    for found in wanted:
        try:
            proving.add(found)
        except ChaoskitError as error:
            board.ended(found.id, "", f"error: {error}", 0.0)
            then(Item(found.id, found.experiment.claim, None, str(error)))
    proving.run(lambda found, ran: then(proving.item(found, ran)))


@dataclass
class _Proving:
    """The arms of experiments while they run."""

    choice: Choice
    options: RunOptions
    board: Board
    _arms: list[Arm] = field(default_factory=list)
    _missing: dict[str, int] = field(default_factory=dict)
    _ran: dict[str, dict[str, Ran]] = field(default_factory=dict)
    _directories: dict[str, Path] = field(default_factory=dict)

    def add(self, found: Found) -> None:
        """Plan all of an experiment's arms.

        Raises:
            ChaoskitError: one cannot be planned.
        """
        directory = self.options.runs.resolve() / new_run_id(found.id)
        choice = self.choice
        plans = [choice.plan(found, arm) for arm in found.experiment.arms]
        self._arms += [Arm(plan, directory / plan.arm) for plan in plans]
        self._directories[found.id], self._missing[found.id], self._ran[found.id] = directory, len(plans), {}

    def run(self, then: Callable[[Found, Mapping[str, Ran]], None]) -> None:
        """Run everything; each experiment is handed on when its last arm is done."""

        def take(arm: Arm, ran: Ran) -> None:
            found = arm.plan.found
            self._ran[found.id][arm.plan.arm] = ran
            self._missing[found.id] -= 1
            self.board.ended(found.id, arm.plan.arm, _word(found, arm.plan, ran), ran.effort.seconds)
            if not self._missing[found.id]:
                then(found, {name: self._ran[found.id][name] for name in found.experiment.arms})

        choice = self.choice
        run_arms(self._arms, choice.jobs, choice.rerun_unknown, self.options, self._one, take)

    def conclude(self, found: Found, ran: Mapping[str, Ran]) -> ExperimentResult:
        """The result of an experiment whose arms are all done, and its report.

        Raises:
            ChaoskitError: the guarded arm did not run, or the report cannot be written.
        """
        if error := ran[GUARDED].error:
            raise error
        arms = [one.result for one in ran.values() if one.result]
        proofs = tuple(_proof(found, twin, ran[twin.name]) for twin in found.experiment.twins)
        compares = tuple(compared(found, found.experiment.compares, arms))
        attempts = tuple(line for one in ran.values() for line in one.attempts)
        directory = self._directories[found.id]
        result = ExperimentResult(found.id, found.experiment.claim, directory, tuple(arms), proofs, compares, attempts)
        report(result)
        return result

    def item(self, found: Found, ran: Mapping[str, Ran]) -> Item:
        """What `conclude` says, or the error that kept it from saying anything."""
        efforts = {arm: one.effort for arm, one in ran.items()}
        try:
            return Item(found.id, found.experiment.claim, self.conclude(found, ran), efforts=efforts)
        except ChaoskitError as error:
            return Item(found.id, found.experiment.claim, None, str(error), efforts)

    def _one(self, arm: Arm, reruns: int) -> Ran:
        progress = self.board.watch(arm.plan.found.id, arm.plan.arm)
        begin = time.monotonic()
        try:
            result, attempts = attempt(arm.plan, reruns, self.options, progress, arm.folder)
        except ChaoskitError as error:
            return Ran(None, error, (), Effort(0, time.monotonic() - begin))
        except Exception as error:  # noqa: BLE001  shown as this experiment's error; the others go on
            traceback.print_exc()
            return Ran(None, _mistake(error), (), Effort(0, time.monotonic() - begin))
        finally:
            progress.close()
        runs = max(len(attempts), 1)
        return Ran(result, None, attempts, Effort(runs, time.monotonic() - begin, runs * _lasted(result)))


def _lasted(result: ArmResult) -> float:
    """Seconds a run lasted: as long as planned, or until it was stopped."""
    history = result.history
    healed = [event.t for event in history.events if event.kind == "phase" and event.subject == "heal"]
    return max(0, min([history.meta.duration, *healed])) / NS


def _mistake(error: Exception) -> ChaoskitError:
    return ChaoskitError(
        f"{type(error).__name__}: {error}", remedy="This is a mistake in chaoskit; please report it with the traceback."
    )


def _word(found: Found, plan: Plan, ran: Ran) -> str:
    """What an arm came to, in a few words."""
    if not ran.result:
        return f"error: {ran.error}"
    if not plan.twin:
        return f"{ran.result.verdict}: {ran.result.reason}"
    proof = prove_twin(found, plan.twin, ran.result)
    return f"{'proved' if proof.proved else 'not proved'}: {proof.reasons[0]}"


def _proof(found: Found, twin: Twin, ran: Ran) -> Proof:
    return prove_twin(found, twin, ran.result) if ran.result else never_ran(twin, str(ran.error))
