"""The watch: while a run goes on, the last part of its history is shown to whoever watches, and asked of guards."""

from __future__ import annotations

import math

import numpy as np

from chaoskit.core.errors import RunAborted
from chaoskit.core.history import History
from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.core.progress import Progress
from chaoskit.core.units import NS
from chaoskit.core.verdict import FAIL
from chaoskit.engine.plan import Plan
from chaoskit.engine.recorder import Recorder

GUARDS_EVERY = NS // 4
TICKS_EVERY = NS // 2
_SHOWN_OVER = NS


class Watch:
    """Called often; does its work in its own rhythm."""

    def __init__(self, plan: Plan, recorder: Recorder, progress: Progress) -> None:
        self._plan, self._recorder, self._progress = plan, recorder, progress
        self._next_guards = self._next_tick = 0

    def look(self) -> None:
        """Show a tick and ask the guards, when it is time.

        Raises:
            RunAborted: a guard tripped.
        """
        now = self._recorder.now()
        if now >= self._next_tick:
            self._next_tick = now + TICKS_EVERY
            self._recorder.keep_time()
            self._recorder.flush()
            if self._plan.loads:
                self._show(now)
        if self._plan.guards and now >= self._next_guards:
            self._next_guards = now + GUARDS_EVERY
            self._ask()

    def _show(self, now: int) -> None:
        rows = self._recorder.recent(_SHOWN_OVER).requests
        failed = float(np.mean(rows.outcome != OUTCOMES.index(Outcome.OK))) if len(rows) else math.nan
        p99 = float(np.quantile(rows.end, 0.99)) / 1e6 if len(rows) else math.nan
        self._progress.tick(now / NS, len(rows) * NS / _SHOWN_OVER, failed, p99)

    def _ask(self) -> None:
        widest = self._recorder.recent(max(guard.over for _name, guard in self._plan.guards))
        for name, guard in self._plan.guards:
            verdict = guard.check.judge(self._last(widest, guard.over))
            if verdict.outcome is FAIL:
                self._recorder.event("guard", name, "tripped", reason=verdict.reason)
                self._progress.note(f"guard {name} tripped: {verdict.reason}")
                raise RunAborted(f"guard {name}: {verdict.reason}")

    def _last(self, history: History, over: int) -> History:
        return history.since(self._recorder.now() - over)
