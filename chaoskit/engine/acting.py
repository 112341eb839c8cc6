"""Actions while they run: begun on time, confirmed in the lab, undone when their time is over.

begin --> (asked of the lab: whom?) --> apply --> confirmed by evidence ... end --> undo
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np

from chaoskit.core.clock import Clock
from chaoskit.core.errors import ChaoskitError, LabError, RunAborted, StepError, UsageError
from chaoskit.core.progress import Progress
from chaoskit.core.selector import Answers, hosts
from chaoskit.core.step import Evidence, Json
from chaoskit.core.units import NS
from chaoskit.engine.entries import PlannedEntry
from chaoskit.engine.keeping import Kept
from chaoskit.engine.late import answer
from chaoskit.engine.ledger import Took
from chaoskit.engine.order import SOCKET, Order
from chaoskit.engine.overlap import refuse_overlaps
from chaoskit.engine.patience import patiently
from chaoskit.engine.plan import Plan, PlannedLoad
from chaoskit.engine.recorder import Recorder
from chaoskit.engine.rpc import Caller, PeerGone

CONFIRM_WITHIN = 2 * NS
EXPIRY_MARGIN = 2 * NS
"""How long after its planned end the keeper waits for the runner before it undoes an action itself."""
_LOOK_EVERY = NS // 10


@dataclass
class Actions:
    """The actions of one run.

    Attributes:
        lab: where they are done and undone.
        aside: the same lab on a line of its own, for questions that must not wait behind an undo.
        in_force: what has begun and not ended, by name.
    """

    plan: Plan
    lab: Kept
    aside: Kept
    order: Order
    recorder: Recorder
    clock: Clock
    progress: Progress
    in_force: dict[str, PlannedEntry] = field(default_factory=dict)
    _confirming: list[threading.Thread] = field(default_factory=list)
    _said: deque[tuple[str, str]] = field(default_factory=deque)

    def tell(self) -> None:
        """Tell whoever watches of confirmations; on the runner's thread, as progress wants it."""
        while self._said:
            self.progress.fault(*self._said.popleft())

    def await_confirmations(self) -> None:
        """Wait for those under way, each for as long as it may take."""
        for thread in self._confirming:
            thread.join(CONFIRM_WITHIN / NS + 1)

    def begin(self, planned: PlannedEntry, meanwhile: Callable[[], None]) -> None:
        """Do it, and have it confirmed on a thread of its own.

        Args:
            planned: what to do; who it hits may have to be asked of the lab.
            meanwhile: called every so often until it is done; what it raises ends the wait.

        Raises:
            RunAborted: it could not be done, or has no target.
        """
        answers = self._ask(planned)
        entry = self._decided(planned, answers) if answers else planned
        expires = None
        if not entry.one_shot:
            lasting = entry.action.longest if entry.lasting is None else entry.lasting
            expires = self.clock.now() + lasting + EXPIRY_MARGIN
            self.in_force[entry.name] = entry
        try:
            # A command takes its time: guards, stops and interruptions are heeded meanwhile.
            took = patiently(lambda: self.lab.apply(entry.name, entry.steps, expires), meanwhile, _LOOK_EVERY / NS)
        except StepError as error:
            self.in_force.pop(entry.name, None)
            self.recorder.event("action", entry.name, "failed", error=str(error))
            raise RunAborted(f"the action {entry.name} could not be done: {error}") from error
        self._record_begin(entry, took, answers)
        self.progress.fault(entry.name, "begin")
        thread = threading.Thread(target=self._confirm, args=(entry,), name=f"confirm {entry.name}", daemon=True)
        self._confirming.append(thread)
        thread.start()

    def _record_begin(self, entry: PlannedEntry, took: Took, answers: Answers) -> None:
        steps: list[Json] = [step.describe() for step in entry.steps]
        self.recorder.event(
            "action",
            entry.name,
            "begin",
            self._since_origin(took.begin),
            action=str(entry.action),
            hosts=list(entry.targets),
            steps=steps,
            one_shot=entry.one_shot,
            took_s=(took.end - took.begin) / NS,
            answers={question: hosts[0] for question, hosts in answers.items()},
        )

    def _since_origin(self, t: int) -> int:
        return t - self.recorder.meta.origin

    def _ask(self, entry: PlannedEntry) -> Answers:
        """Ask the lab for late targets.

        Raises:
            RunAborted: it does not say.
        """
        answers: Answers = {}
        for question in entry.questions:
            candidates = hosts(question.candidates, self.plan.topology, self.plan.seed)
            try:
                answers = {**answers, **answer(question, candidates, self.aside, self.clock)}
            except LabError as error:
                self.recorder.event("action", entry.name, "failed", error=str(error))
                raise RunAborted(f"the action {entry.name} has no target: {error}") from error
        return answers

    def _decided(self, planned: PlannedEntry, answers: Answers) -> PlannedEntry:
        """The entry with its target known now; one that is being broken already would be healed too early.

        Raises:
            RunAborted: another action is in force on that host.
        """
        entry = planned.decided(answers)
        try:
            refuse_overlaps([*self.in_force.values(), entry])
        except UsageError as error:
            raise RunAborted(str(error.args[0])) from error
        return entry

    def _confirm(self, entry: PlannedEntry) -> None:
        try:
            # A line of its own: it asks for as long as two seconds.
            with closing(Caller.to(self.order.runtime / SOCKET, "the keeper")) as ask:
                evidence = Kept(self.plan.topology, ask).confirm(entry.name, entry.steps, CONFIRM_WITHIN)
        except ChaoskitError as error:
            evidence = (Evidence(False, str(error)),)
        evidence += tuple(self._arriving(load) for load in self.plan.loads if load.by == entry.name)
        holds = all(one.holds for one in evidence)
        what = "confirmed" if holds else "not confirmed"
        self.recorder.event("action", entry.name, what, evidence=[one.what for one in evidence])
        self._said.append((entry.name, what))

    def _arriving(self, load: PlannedLoad) -> Evidence:
        """Whether requests of a load that an action brings were sent; they are seen when they have ended."""
        deadline = self.clock.now() + load.load.timeout + CONFIRM_WITHIN
        while True:
            rows = self.recorder.recent(2 * CONFIRM_WITHIN).requests
            sent = int(np.count_nonzero(rows.load.equals(load.name) & (rows.sent >= 0)))
            if sent or self.clock.now() >= deadline:
                return Evidence(sent > 0, f"{load.name}: {sent:,} requests sent")
            self.clock.sleep(_LOOK_EVERY)

    def end(self, entry: PlannedEntry, meanwhile: Callable[[], None]) -> None:
        """Undo it.

        Raises:
            RunAborted: it could not be undone.
        """
        failures = self._undo(entry, lambda call: patiently(call, meanwhile, _LOOK_EVERY / NS))
        if failures:
            raise RunAborted(f"the action {entry.name} could not be undone: {'; '.join(failures)}")

    def _undo(self, entry: PlannedEntry, how: Callable[[Callable[[], Took]], Took]) -> tuple[str, ...]:
        took = how(lambda: self.lab.undo(entry.name))
        self.in_force.pop(entry.name, None)
        self.recorder.event("action", entry.name, "end", self._since_origin(took.begin))
        outcome = "failed" if took.failures else "undone"
        self.recorder.event("action", entry.name, outcome, self._since_origin(took.end), error=list(took.failures))
        self.progress.fault(entry.name, outcome)
        return took.failures

    def heal(self) -> None:
        """Undo whatever is in force, the last one first."""
        for entry in reversed(list(self.in_force.values())):
            try:
                self._undo(entry, lambda call: call())
            except PeerGone:
                return  # the lab is gone with its keeper, and what was done to it; recovery looks at the journal
