"""Conducting a run: lab up, boot actions, load and probes, the timetable, heal, final reads.

lab --> boot --> (origin) steady --> run ----> quiet --> final
any stop: heal at once ------------> final
"""

from __future__ import annotations

import contextlib
import random
import threading
from collections import deque
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from chaoskit.core.clock import Clock
from chaoskit.core.errors import ChaoskitError, LabError, RunAborted, StepError, UsageError
from chaoskit.core.host import HostState
from chaoskit.core.progress import Progress
from chaoskit.core.selector import Answers, hosts
from chaoskit.core.step import Evidence, Json
from chaoskit.core.units import NS
from chaoskit.core.verdict import PASS
from chaoskit.engine.clients import client
from chaoskit.engine.entries import PlannedEntry
from chaoskit.engine.keeping import Keeping, Kept
from chaoskit.engine.late import answer
from chaoskit.engine.ledger import ByItself, Took
from chaoskit.engine.machine import MachineWatch
from chaoskit.engine.options import RunOptions
from chaoskit.engine.order import SOCKET
from chaoskit.engine.overlap import refuse_overlaps
from chaoskit.engine.patience import patiently
from chaoskit.engine.plan import Plan, PlannedLoad
from chaoskit.engine.probing import Probing
from chaoskit.engine.recorder import Recorder
from chaoskit.engine.rpc import Caller, PeerGone
from chaoskit.engine.timetable import Due, Turn, timetable
from chaoskit.engine.watch import Watch
from chaoskit.labs.change import HostChange, Timings
from chaoskit.loads.generator import Generator
from chaoskit.loads.work import Job, Work

TICK = NS // 10
LEAD = NS // 2
"""Time between the order to the generator and the origin: its threads enter namespaces and warm up."""
CONFIRM_WITHIN = 2 * NS
FILES = "files"
"""The folder of a run's directory in which probes keep what is more than a reading, a folder each."""
INTERRUPTED = "it was interrupted"
KEEPER_ENDED = "the keeper ended; a native lab ends with it"
EXPIRY_MARGIN = 2 * NS
"""How long after its planned end the keeper waits for the runner before it undoes an action itself."""


@dataclass
class Conduct:
    """One run on one keeper. `perform` may be called once."""

    plan: Plan
    options: RunOptions
    keeping: Keeping
    recorder: Recorder
    generator: Generator
    clock: Clock
    progress: Progress

    def __post_init__(self) -> None:
        self._lab = self.keeping.lab
        # A line of its own: status and confirmations must not wait behind an undo, nor the reverse.
        self._aside = Kept(self.plan.topology, Caller.to(self.keeping.order.runtime / SOCKET, "the keeper"))
        self._probing = Probing(
            self._aside, self.plan.probes, self.recorder, self.clock, self.recorder.directory / FILES
        )
        self._machine = MachineWatch(self.recorder, self.clock)
        self._watch = Watch(self.plan, self.recorder, self.progress)
        self._confirming: list[threading.Thread] = []
        self._said: deque[tuple[str, str]] = deque()
        self._in_force: dict[str, PlannedEntry] = {}
        self._origin = self.recorder.meta.origin
        self._going = False
        self._off: set[str] = set()
        self._now_in = ""

    def perform(self) -> str:
        """Conduct the run to its end, or to the first reason to stop; that reason, or nothing."""
        try:
            self._bring_up()
            self._set_going()
            self._going = True
            for due in timetable(self.plan.entries, self.plan.length, steady=self.plan.steady is not None):
                self._wait_until(due.t)
                self._take_turn(due)
            return ""
        except RunAborted as stop:
            return self._stopped(str(stop))
        except PeerGone:
            if not self._going:
                raise  # a lab that does not come up is an error; a run that lost its lab is unknown
            return self._stopped(KEEPER_ENDED)
        finally:
            self._finish()

    def _stopped(self, why: str) -> str:
        self.recorder.event("guard", "run", "stopped", reason=why)
        return why

    # ---- before the origin ---------------------------------------------------------------------

    def _bring_up(self) -> None:
        self._phase("lab")
        # The generator's process needs most of a second to import what it needs: the lab comes up meanwhile.
        warming = threading.Thread(target=self._warm_up, daemon=True)
        warming.start()
        timings = self._up()
        warming.join()
        self.recorder.learn(lab={"created_s": timings.created_s, "ready_s": timings.ready_s})
        self._probing.open()
        if self.plan.boot:
            self._phase("boot")
            for entry in self.plan.boot:
                self._begin(entry)
                # One after the other: what the first brought about is there before the second begins.
                self._confirming[-1].join(CONFIRM_WITHIN / NS + 1)

    def _up(self) -> Timings:
        """Wait for the lab without being deaf to an interruption meanwhile."""
        within = self.options.ready_within / NS
        return patiently(lambda: self._lab.up(within), self._heed_interruption, TICK / NS)

    def _heed_interruption(self) -> None:
        if self.options.cancel.is_set():
            raise RunAborted(INTERRUPTED)

    def _warm_up(self) -> None:
        if self.plan.loads:
            # What goes wrong here is raised again by `start`, on the thread that can act on it.
            with contextlib.suppress(ChaoskitError):
                self.generator.open()

    def _set_going(self) -> None:
        jobs = tuple(self._job(one) for one in self.plan.loads)
        networks = tuple(network.subnet for network in self.plan.topology.networks)
        self._origin = self.clock.now() + LEAD
        self.recorder.starts_at(self._origin)
        if jobs:
            work = Work(self._origin, self.plan.length, self.plan.seed, jobs, networks)
            self.generator.start(work, self.recorder.requests)
        self._machine.start()
        self._probing.start()
        self._phase("steady" if self.plan.entries else "run")

    def _job(self, one: PlannedLoad) -> Job:
        clients = [client(self._aside, host) for host in one.clients]
        return Job.of(one.name, one.load, clients, start=one.span.start, lasting=one.span.length if one.by else None)

    # ---- the timetable -------------------------------------------------------------------------

    def _wait_until(self, t: int) -> None:
        while True:
            self._tick()
            left = self._origin + t - self.clock.now()
            if left <= 0:
                return
            self.clock.sleep(min(left, TICK))

    def _tick(self) -> None:
        """Look at everything that may end the run early.

        Raises:
            RunAborted: something did.
        """
        self._heed_interruption()
        self._take_news()
        while self._said:
            self.progress.fault(*self._said.popleft())
        if self._probing.problem:
            raise RunAborted(f"a probe cannot read: {self._probing.problem}")
        if not self.keeping.alive:
            raise RunAborted(KEEPER_ENDED)
        if self.plan.loads and self.generator.failed():
            self._account()
            raise RunAborted("the load generator ended before its time")
        self._watch.look()

    def _take_news(self) -> None:
        news = self._aside.news()
        for change in news.changes:
            self._follow(change)
            ended = {"exit_code": change.exit_code} if change.state is HostState.EXITED else {}
            self.recorder.event(
                "host",
                change.host,
                str(change.state),
                change.t - self._origin,
                pid=change.pid,
                why=change.reason,
                **ended,
            )
        for one in news.by_itself:
            self._take_by_itself(one)
        for message in news.mail:
            if message.kind == "stop":
                raise RunAborted(message.text or "by hand")
            self.recorder.event("note", "", message.text, message.t - self._origin)
            self.progress.note(message.text)
        if news.gone:
            raise RunAborted(f"the lab is gone: {', '.join(news.gone)} ended")

    def _take_by_itself(self, one: ByItself) -> None:
        """An action was undone or done again without being asked for; where that failed nothing can be believed.

        Raises:
            RunAborted: it failed.
        """
        what = "failed" if one.failures else one.what
        self.recorder.event("action", one.action, what, one.t - self._origin, error=list(one.failures), by="the keeper")
        if one.failures:
            raise RunAborted(f"the action {one.action} could not be {one.what}: {'; '.join(one.failures)}")

    def _follow(self, change: HostChange) -> None:
        """Have probes and load go over to the new network of a host that was off."""
        if change.state is HostState.OFF:
            self._off.add(change.host)
            self._probing.renewed(change.host)
        elif change.state is HostState.RUNNING and change.host in self._off:
            self._off.remove(change.host)
            if any(client.name == change.host for one in self.plan.loads for client in one.clients):
                # Off again already: what comes next will be told as well.
                with contextlib.suppress(LabError):
                    self.generator.moved(change.host, self._aside.hosts[change.host].netns())

    def _take_turn(self, due: Due) -> None:
        if due.turn is Turn.STEADY:
            self._require_steady()
        elif due.entry and due.turn is Turn.BEGIN:
            self._phase("run")
            self._begin(due.entry)
        elif due.entry and due.turn is Turn.END:
            self._end(due.entry)
            if not self._in_force and due.t >= max(entry.start for entry in self.plan.entries):
                self._phase("quiet")

    def _require_steady(self) -> None:
        if self.plan.steady is None:
            return
        name, check = self.plan.steady
        verdict = check.judge(self.recorder.recent(self.recorder.now()))
        if verdict.outcome is not PASS:
            raise RunAborted(f"the steady state did not hold before the first fault ({name}: {verdict.reason})")

    # ---- actions -------------------------------------------------------------------------------

    def _begin(self, planned: PlannedEntry) -> None:
        answers = self._ask(planned)
        entry = self._decided(planned, answers) if answers else planned
        expires = None
        if not entry.one_shot:
            lasting = entry.action.longest if entry.lasting is None else entry.lasting
            expires = self.clock.now() + lasting + EXPIRY_MARGIN
            self._in_force[entry.name] = entry
        try:
            # A stop takes as long as its grace period: guards, stops and interruptions are heeded meanwhile.
            took = self._while_watching(lambda: self._lab.apply(entry.name, entry.steps, expires))
        except StepError as error:
            self._in_force.pop(entry.name, None)
            self.recorder.event("action", entry.name, "failed", error=str(error))
            raise RunAborted(f"the action {entry.name} could not be done: {error}") from error
        steps: list[Json] = [step.describe() for step in entry.steps]
        self.recorder.event(
            "action",
            entry.name,
            "begin",
            took.begin - self._origin,
            action=str(entry.action),
            hosts=list(entry.targets),
            steps=steps,
            one_shot=entry.one_shot,
            took_s=(took.end - took.begin) / NS,
            answers={question: hosts[0] for question, hosts in answers.items()},
        )
        self.progress.fault(entry.name, "begin")
        thread = threading.Thread(target=self._confirm, args=(entry,), name=f"confirm {entry.name}", daemon=True)
        self._confirming.append(thread)
        thread.start()

    def _ask(self, entry: PlannedEntry) -> Answers:
        """Ask the lab for late targets.

        Raises:
            RunAborted: it does not say.
        """
        answers: Answers = {}
        for question in entry.questions:
            candidates = hosts(question.candidates, self.plan.topology, random.Random(self.plan.seed))
            try:
                answers = {**answers, **answer(question, candidates, self._aside, self.clock)}
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
            refuse_overlaps([*self._in_force.values(), entry])
        except UsageError as error:
            raise RunAborted(str(error.args[0])) from error
        return entry

    def _confirm(self, entry: PlannedEntry) -> None:
        try:
            # A line of its own: it asks for as long as two seconds.
            with closing(Caller.to(self.keeping.order.runtime / SOCKET, "the keeper")) as ask:
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
            self.clock.sleep(TICK)

    def _while_watching(self, call: Callable[[], Took]) -> Took:
        return patiently(call, self._tick if self._going else self._heed_interruption, TICK / NS)

    def _end(self, entry: PlannedEntry) -> None:
        failures = self._undo(entry, self._while_watching)
        if failures:
            raise RunAborted(f"the action {entry.name} could not be undone: {'; '.join(failures)}")

    def _undo(self, entry: PlannedEntry, how: Callable[[Callable[[], Took]], Took]) -> tuple[str, ...]:
        took = how(lambda: self._lab.undo(entry.name))
        self._in_force.pop(entry.name, None)
        self.recorder.event("action", entry.name, "end", took.begin - self._origin)
        outcome = "failed" if took.failures else "undone"
        self.recorder.event("action", entry.name, outcome, took.end - self._origin, error=list(took.failures))
        self.progress.fault(entry.name, outcome)
        return took.failures

    # ---- after ---------------------------------------------------------------------------------

    def _finish(self) -> None:
        """Heal first: whatever comes after may take time, and nothing may stay broken meanwhile."""
        self._phase("heal")
        self._heal()
        if not self._going:
            self._probing.stop()
            return
        early = self.recorder.now() < self.plan.length
        if early and self.plan.loads:
            self.generator.stop()
        for thread in self._confirming:
            thread.join(CONFIRM_WITHIN / NS + 1)  # what is not known by then was not confirmed
        self._phase("final")
        self._account()
        self._probing.stop()
        self._machine.stop()
        if self.keeping.alive:
            self._aside.ask.close()

    def _account(self) -> None:
        """Have the generator's account recorded; without one, the gate on arrivals says that there is none."""
        if not self.plan.loads:
            return
        longest = max(one.load.timeout for one in self.plan.loads)
        try:
            self.recorder.generated(self.generator.wait(longest / NS + 5))
        except ChaoskitError as error:
            self.recorder.event("note", "", f"no account of the load: {error}")
            self.progress.note(str(error))

    def _heal(self) -> None:
        for entry in reversed(list(self._in_force.values())):
            try:
                self._undo(entry, lambda call: call())
            except PeerGone:
                return  # the lab is gone with its keeper, and what was done to it; recovery looks at the journal

    def _phase(self, name: str) -> None:
        if name == self._now_in:
            return
        self._now_in = name
        self.recorder.event("phase", name, "begin")
        left = (self.plan.length - self.recorder.now()) / NS if name in ("steady", "run") else None
        self.progress.phase(name, left)
