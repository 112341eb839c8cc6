"""Run one arm of an experiment: from a plan to a judged history in a run directory."""

from __future__ import annotations

import os
from pathlib import Path

from chaoskit.core.clock import Clock, MonotonicClock
from chaoskit.core.history import History, Meta
from chaoskit.core.progress import Progress
from chaoskit.core.result import ArmResult
from chaoskit.engine.audit import left_behind
from chaoskit.engine.conduct import Conduct
from chaoskit.engine.digest import digest
from chaoskit.engine.environment import environment
from chaoskit.engine.facts import place
from chaoskit.engine.interruption import interruption_waits
from chaoskit.engine.judge import judge
from chaoskit.engine.keeping import Keeping, start_keeper
from chaoskit.engine.options import RunOptions
from chaoskit.engine.order import Order
from chaoskit.engine.paths import make_directory, new_run_id, space_is_said
from chaoskit.engine.plan import Plan
from chaoskit.engine.recorder import Recorder
from chaoskit.engine.recover import recover
from chaoskit.kernel.identity import Identity
from chaoskit.loads.generator import Generator


def run_arm(
    plan: Plan, options: RunOptions, progress: Progress, directory: Path | None = None, run: str = ""
) -> ArmResult:
    """Run an arm and judge it.

    Args:
        plan: what to run.
        options: how.
        progress: who watches.
        directory: where to record; by default a new folder below `options.runs`.
        run: the run's id; by default a new one.

    Raises:
        ChaoskitError: the lab could not be brought up, or the run could not be recorded. Nothing is left.
        KeyboardInterrupt: the user interrupted it. Everything was undone, and what was recorded is on disk.
    """
    clock = MonotonicClock()
    run = run or new_run_id(plan.found.id)
    folder = make_directory(directory or options.runs.resolve() / run, "logs")
    for name, text in options.keep.items():
        (folder / name).write_text(text, encoding="utf-8")
    recorder = Recorder(folder, _meta(plan, run, clock), plan, clock)
    order = Order(run, plan.found.id, plan.driver, plan.spec, folder, place(run, plan.driver), Identity.of(os.getpid()))
    with space_is_said(folder):
        history = _record(plan, options, order, recorder, clock, progress)
    return judge(plan.found, plan.arm, history, folder)


def _record(
    plan: Plan, options: RunOptions, order: Order, recorder: Recorder, clock: Clock, progress: Progress
) -> History:
    stopped = "chaoskit failed"
    with Generator() as generator, interruption_waits(options):
        keeping = start_keeper(order)
        try:
            for remark in keeping.remarks:
                recorder.event("note", "", remark)
            stopped = Conduct(plan, options, keeping, recorder, generator, clock, progress).perform()
        finally:
            progress.phase("down")
            try:
                _take_down(keeping, order, recorder, clock)
            finally:  # whatever went wrong, what was recorded is kept
                history = recorder.finish(stopped)
    return history


def _take_down(keeping: Keeping, order: Order, recorder: Recorder, clock: Clock) -> None:
    took = keeping.end()
    if took is None:
        for line in recover(order.run):
            recorder.event("note", "", line)
    failures = list(took.failures) if took else []
    left = [*failures, *left_behind(order, clock)]
    recorder.event("audit", "run", "left" if left else "clean", left=left)


def _meta(plan: Plan, run: str, clock: Clock) -> Meta:
    found = plan.found
    return Meta(
        run,
        found.id,
        plan.arm,
        found.experiment.claim,
        str(found.source),
        plan.seed,
        plan.length,
        clock.now(),
        plan.driver,
        dict(found.params),
        environment(),
        digest=digest(plan),
        one_success_in=found.experiment.one_success_in,
    )
