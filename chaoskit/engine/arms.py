"""Arms of one experiment or of many: one after the other, or side by side where their gates hold that way.

    beside  [gslb guarded ][lb guarded  ][lb twin    ]
            [gslb twin  (gate broken)][dns guarded   ]
    alone                                             [gslb twin]

What came to nothing beside others says nothing yet: it is run again when they are done, alone, and its attempts say so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path

from chaoskit.core.errors import ChaoskitError, NotReady
from chaoskit.core.result import ArmResult
from chaoskit.core.summary import Effort
from chaoskit.core.verdict import PASS, UNKNOWN
from chaoskit.engine.apart import Apart
from chaoskit.engine.interruption import interruption_waits
from chaoskit.engine.options import RunOptions
from chaoskit.engine.plan import Plan


@dataclass(frozen=True)
class Arm:
    """What is to be run, and the folder it is recorded in."""

    plan: Plan
    folder: Path


@dataclass(frozen=True)
class Ran:
    """What became of an arm: a result, or the error that kept it from running."""

    result: ArmResult | None
    error: ChaoskitError | None
    attempts: tuple[str, ...] = ()
    effort: Effort = field(default_factory=Effort)

    def then(self, line: str, again: Ran) -> Ran:
        """What a further attempt came to, and how it came to it."""
        attempts = (*self.attempts, line, *again.attempts)
        return replace(again, attempts=attempts, effort=self.effort + again.effort)


RunOne = Callable[[Arm, int], Ran]
"""Runs an arm, and again up to so many times while its verdict is unknown; no ChaoskitError leaves it."""


def run_arms(
    arms: Sequence[Arm], jobs: int, reruns: int, options: RunOptions, run: RunOne, then: Callable[[Arm, Ran], None]
) -> None:
    """Run every arm, at most `jobs` at a time, and hand each on as soon as nothing more will be done about it.

    Args:
        arms: what to run, in this order.
        jobs: how many at a time; a further attempt of one that came to nothing beside others is made alone.
        reruns: how often to repeat what came out unknown.
        options: `options.cancel` is set when one is interrupted, so that the others end as well.
        run: runs one.
        then: takes what became of it; called on this thread.

    Raises:
        KeyboardInterrupt: it was interrupted; every arm under way has been undone.
    """
    doubtful: list[tuple[Arm, Ran, str]] = []

    def sort(arm: Arm, ran: Ran) -> None:
        why = _doubt(ran, reruns) if jobs > 1 else ""
        if why:
            doubtful.append((arm, ran, f"{arm.plan.arm}: {why} beside other runs; it is run again, alone"))
        else:
            then(arm, ran)

    _side_by_side(arms, jobs, options, lambda arm: run(arm, reruns if jobs == 1 else 0), sort)
    for arm, ran, why in doubtful:
        further = replace(arm, folder=arm.folder.with_name(f"{arm.folder.name}.alone"))
        then(arm, ran.then(why, run(further, reruns - 1 if _believed(ran) else reruns)))


def _side_by_side(
    arms: Sequence[Arm], jobs: int, options: RunOptions, run: Callable[[Arm], Ran], then: Callable[[Arm, Ran], None]
) -> None:
    queue = Apart(arms, lambda arm: arm.plan)

    def next_one() -> tuple[Arm, Ran | None]:
        arm = queue.take()
        try:
            return arm, None if options.cancel.is_set() else run(arm)
        finally:
            queue.give_back(arm)

    with interruption_waits(options), ThreadPoolExecutor(jobs, "arm") as pool:
        running = [pool.submit(next_one) for _ in arms]
        try:
            for future in as_completed(running):
                arm, ran = future.result()
                if ran and not options.cancel.is_set():
                    then(arm, ran)
        except BaseException:
            options.cancel.set()
            raise


def _doubt(ran: Ran, reruns: int) -> str:
    """Why what an arm came to beside others is not its last word; empty when it is."""
    if isinstance(ran.error, NotReady):
        return "its lab was not ready in time"
    broken = _broken_gates(ran)
    if broken:
        return f"the gate '{broken[0]}' broke"
    return f"it was unknown ({ran.result.reason})" if ran.result and reruns and _is_unknown(ran) else ""


def _believed(ran: Ran) -> bool:
    """Whether the machine let it be measured; if not, running it alone is no repetition but its first real run."""
    return ran.error is None and not _broken_gates(ran)


def _is_unknown(ran: Ran) -> bool:
    return ran.result is not None and ran.result.verdict is UNKNOWN


def _broken_gates(ran: Ran) -> list[str]:
    return [gate.name for gate in ran.result.gates if gate.verdict.outcome is not PASS] if ran.result else []
