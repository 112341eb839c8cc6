"""Actions while they run: begun on time, confirmed in the lab, undone when their time is over.

begin --> (asked of the lab: whom?) --> apply --> confirmed by evidence ... end --> undo
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from chaoskit.core.clock import Clock
from chaoskit.core.errors import LabError, RunAborted, StepError, UsageError
from chaoskit.core.progress import Progress
from chaoskit.core.selector import Answers, hosts
from chaoskit.core.step import Json
from chaoskit.core.units import NS
from chaoskit.engine.confirming import CONFIRM_WITHIN, Confirmations
from chaoskit.engine.entries import PlannedEntry
from chaoskit.engine.keeping import Kept
from chaoskit.engine.late import answer
from chaoskit.engine.ledger import Took
from chaoskit.engine.order import Order
from chaoskit.engine.overlap import refuse_overlaps
from chaoskit.engine.patience import patiently
from chaoskit.engine.permits import refuse_together
from chaoskit.engine.plan import Plan
from chaoskit.engine.recorder import Recorder
from chaoskit.engine.rpc import PeerGone
from chaoskit.engine.title import title

EXPIRY_MARGIN = 2 * NS
"""How long after its planned end the keeper waits for the runner before it undoes an action itself."""
_LOOK_EVERY = NS // 10
_AT_BEGIN = ("begin", "confirmed", "not confirmed")


_STOPPED_WITHIN = CONFIRM_WITHIN + NS
"""How long a run that was stopped waits for confirmations."""


@dataclass(frozen=True)
class _UnderWay:
    """An action that is being done now.

    Attributes:
        since: CLOCK_MONOTONIC ns.
        answers: what the lab said to its questions.
    """

    entry: PlannedEntry
    since: int
    answers: Answers


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
    _under_way: _UnderWay | None = None
    _ended: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._confirmations = Confirmations(self.plan, self.order, self.recorder, self.clock)

    def tell(self) -> None:
        """Tell whoever watches of confirmations; on the runner's thread, as progress wants it."""
        for said in self._confirmations.said():
            self._tell(*said)

    def await_confirmations(self, meanwhile: Callable[[], None] = lambda: None, *, stopped: bool = False) -> None:
        """Wait for those under way, each for as long as it may take; shortly only in a run that was stopped."""
        self._confirmations.wait(meanwhile, _STOPPED_WITHIN if stopped else None)

    def begin(self, planned: PlannedEntry, meanwhile: Callable[[], None]) -> None:
        """Do it, and have it confirmed on a thread of its own.

        Args:
            planned: what to do; who it hits may have to be asked of the lab.
            meanwhile: called every so often until it is done; what it raises ends the wait.

        Raises:
            RunAborted: it could not be done, or has no target.
        """
        answers = self._ask(planned, meanwhile)
        entry = self._decided(planned, answers) if answers else planned
        expires = None
        if not entry.one_shot:
            lasting = entry.action.longest if entry.lasting is None else entry.lasting
            expires = self.clock.now() + lasting + EXPIRY_MARGIN
            self.in_force[entry.name] = entry
        self._under_way = _UnderWay(entry, self.clock.now(), answers)
        try:
            # A command takes its time: guards, stops and interruptions are heeded meanwhile.
            took = patiently(lambda: self.lab.apply(entry.name, entry.steps, expires), meanwhile, _LOOK_EVERY / NS)
        except StepError as error:
            self._under_way = None
            self.in_force.pop(entry.name, None)
            self.recorder.event("action", entry.name, "failed", error=str(error))
            raise RunAborted(f"the action {entry.name} could not be done: {error}") from error
        self._under_way = None
        self._record_begin(entry, took, answers)
        self._tell(entry, "begin", took.begin)
        self._confirmations.begin(entry)

    def _record_begin(self, entry: PlannedEntry, took: Took, answers: Answers) -> None:
        steps: list[Json] = [step.describe() for step in entry.steps]
        self.recorder.event(
            "action",
            entry.name,
            "begin",
            self._since_origin(took.begin),
            action=title(entry.action, self.plan.names),
            hosts=list(entry.targets),
            steps=steps,
            one_shot=entry.one_shot,
            took_s=(took.end - took.begin) / NS,
            answers={question: hosts[0] for question, hosts in answers.items()},
        )

    def _tell(self, entry: PlannedEntry, moment: str, t: int) -> None:
        """Tell progress, with the time that is recorded; before the lab is ready there is no origin to tell it by."""
        before_ready = moment in _AT_BEGIN and entry in self.plan.boot
        self.progress.fault(entry.name, moment, None if before_ready else self._since_origin(t) / NS)

    def _since_origin(self, t: int) -> int:
        return t - self.recorder.meta.origin

    def _ask(self, entry: PlannedEntry, meanwhile: Callable[[], None]) -> Answers:
        """Ask the lab for late targets.

        Raises:
            RunAborted: it does not say.
        """
        answers: Answers = {}
        wait = (meanwhile, _LOOK_EVERY / NS)
        for question in entry.questions:
            candidates = hosts(question.candidates, self.plan.topology, self.plan.seed)
            try:
                answers = {**answers, **patiently(partial(answer, question, candidates, self.aside, self.clock), *wait)}
            except LabError as error:
                self.recorder.event("action", entry.name, "failed", error=str(error))
                raise RunAborted(f"the action {entry.name} has no target: {error}") from error
        return answers

    def _decided(self, planned: PlannedEntry, answers: Answers) -> PlannedEntry:
        """The entry with its target known now; one that is being broken already would be healed too early.

        Raises:
            RunAborted: another action is in force on that host, or on a project's every other instance.
        """
        entry = planned.decided(answers)
        try:
            refuse_overlaps([*self.in_force.values(), entry])
            refuse_together([*self.in_force.values(), entry], self.plan.spec)
        except UsageError as error:
            raise RunAborted(str(error.args[0])) from error
        return entry

    def end(self, entry: PlannedEntry, meanwhile: Callable[[], None]) -> None:
        """Undo it.

        Raises:
            RunAborted: it could not be undone, or its effect was over before.
        """
        took = self._undo(entry, lambda call: patiently(call, meanwhile, _LOOK_EVERY / NS))
        if took.failures:
            raise RunAborted(f"the action {entry.name} could not be undone: {'; '.join(took.failures)}")
        if took.ended:
            raise RunAborted(_ended(entry.name, took.ended))

    def ended(self, action: str, words: Sequence[str], t: int) -> str:
        """Record that the effect of an action was over before it was undone; the reason to stop for."""
        if action not in self._ended:
            self._ended.add(action)
            self.recorder.event("action", action, "ended", t, error=list(words))
        return _ended(action, words)

    def _undo(self, entry: PlannedEntry, how: Callable[[Callable[[], Took]], Took]) -> Took:
        took = how(lambda: self.lab.undo(entry.name))
        self.in_force.pop(entry.name, None)
        if took.ended:
            self.ended(entry.name, took.ended, self._since_origin(took.begin))
        self.recorder.event("action", entry.name, "end", self._since_origin(took.begin))
        outcome = "failed" if took.failures else "undone"
        self.recorder.event("action", entry.name, outcome, self._since_origin(took.end), error=list(took.failures))
        self._tell(entry, outcome, took.end)
        return took

    def heal(self) -> None:
        """Undo whatever is in force, the last one first; what is under way and cannot be undone is cut short."""
        try:
            self._interrupt()
            for entry in reversed(list(self.in_force.values())):
                self._undo(entry, lambda call: call())
        except PeerGone:
            return  # the lab is gone with its keeper, and what was done to it; recovery looks at the journal

    def _interrupt(self) -> None:
        """See to the action that was being done when the run was stopped: it has begun, and the record says so."""
        if self._under_way is None:
            return
        cut, self._under_way = self._under_way, None
        self._record_begin(cut.entry, Took(cut.since, self.clock.now()), cut.answers)
        if cut.entry.one_shot:
            # On the other line: the first one is busy with the action itself.
            took = self.aside.undo(cut.entry.name)
            end = self._since_origin(took.end)
            self.recorder.event("action", cut.entry.name, "cut short", end, error=list(took.failures))
            self._tell(cut.entry, "cut short", took.end)


def _ended(action: str, words: Sequence[str]) -> str:
    return f"the effect of the action {action} was over before it was undone: {'; '.join(words)}"
