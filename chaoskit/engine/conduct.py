"""Conducting a run: lab up, boot actions, load and probes, the timetable, heal, final reads.

lab --> boot --> (origin) steady --> run ----> quiet --> final
any stop: heal at once ------------> final
"""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, replace

from chaoskit.core.clock import Clock
from chaoskit.core.errors import ChaoskitError, LabBusy, LabError, RunAborted
from chaoskit.core.host import HostState
from chaoskit.core.progress import Progress
from chaoskit.core.units import NS
from chaoskit.core.verdict import PASS
from chaoskit.engine.acting import Actions
from chaoskit.engine.clients import client
from chaoskit.engine.keeping import Keeping, Kept
from chaoskit.engine.ledger import ByItself
from chaoskit.engine.machine import MachineWatch
from chaoskit.engine.options import RunOptions
from chaoskit.engine.order import SOCKET
from chaoskit.engine.patience import patiently
from chaoskit.engine.plan import Plan, PlannedLoad
from chaoskit.engine.probing import Probing
from chaoskit.engine.recorder import Recorder
from chaoskit.engine.recover import recover
from chaoskit.engine.rpc import Caller, PeerGone
from chaoskit.engine.timetable import Due, Turn, timetable
from chaoskit.engine.watch import Watch
from chaoskit.labs.change import HostChange, Timings
from chaoskit.labs.drivers import EXTERNAL
from chaoskit.loads.generator import Generator
from chaoskit.loads.work import Job, Work

TICK = NS // 10
LEAD = NS // 2
"""Time between the order to the generator and the origin: its threads enter namespaces and warm up."""
FILES = "files"
"""The folder of a run's directory in which probes keep what is more than a reading, a folder each."""
_BUSY_FOR, _BUSY_EVERY = 1800 * NS, NS // 2
"""How long a run waits for another one that has its subnets, and how often it looks."""
INTERRUPTED = "it was interrupted"
KEEPER_ENDED = "the keeper ended, and the run with it"


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
        order = self.keeping.order
        self._actions = Actions(self.plan, self._lab, self._aside, order, self.recorder, self.clock, self.progress)
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
                self._actions.begin(entry, self._heed_in_boot)
                # One after the other: what the first brought about is there before the second begins.
                self._actions.await_confirmations(self._heed_in_boot)

    def _up(self) -> Timings:
        """Wait for the lab, heeding an interruption meanwhile; where another run has what it needs, for that as well.

        Raises:
            LabBusy: the other has it for too long.
        """
        within, give_up, said = self.options.ready_within / NS, self.clock.now() + _BUSY_FOR, ""
        while True:
            try:
                return patiently(lambda: self._lab.up(within), self._heed_interruption, TICK / NS)
            except LabBusy as busy:
                if self.clock.now() > give_up:
                    raise
                if busy.args[0] != said:
                    said = busy.args[0]
                    self.progress.note(f"waiting: {said}")
                self._heed_interruption()
                self.clock.sleep(_BUSY_EVERY)

    def _heed_interruption(self) -> None:
        if self.options.cancel.is_set():
            raise RunAborted(INTERRUPTED)

    def _heed_in_boot(self) -> None:
        self._heed_interruption()
        self._actions.tell()
        if not self.keeping.alive:
            raise RunAborted(KEEPER_ENDED)

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
            owned = not self.plan.has_way_out or self.options.owns_target
            work = Work(self._origin, self.plan.length, self.plan.seed, jobs, networks, owned)
            self.generator.start(work, self.recorder.requests, self.recorder.attempts)
        self._machine.start()
        self._probing.start()
        self._phase("steady" if self.plan.entries else "run")

    def _job(self, one: PlannedLoad) -> Job:
        clients = [client(self._aside, host) for host in one.clients]
        # All that a load on a system elsewhere goes to lies outside a lab of ours.
        load = replace(one.load, any_target=True) if self.plan.driver == EXTERNAL else one.load
        return Job.of(one.name, load, clients, start=one.span.start, lasting=one.span.length if one.by else None)

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
        self._actions.tell()
        if self._probing.problem:
            raise RunAborted(f"a probe cannot read: {self._probing.problem}")
        if not self.keeping.alive:
            raise RunAborted(KEEPER_ENDED)
        if self.plan.loads and self.generator.failed():
            why = self._account()
            self.recorder.generated(self.generator.account)
            raise RunAborted(f"the load generator ended before its time: {why}")
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
            RunAborted: it failed, or its effect is over though nobody undid it.
        """
        if one.what == "ended":
            raise RunAborted(self._actions.ended(one.action, one.failures, one.t - self._origin))
        what = "failed" if one.failures else one.what
        self.recorder.event("action", one.action, what, one.t - self._origin, error=list(one.failures), by="the keeper")
        if one.failures:
            raise RunAborted(f"the action {one.action} could not be {one.what}: {'; '.join(one.failures)}")

    def _follow(self, change: HostChange) -> None:
        """Have probes and load go over to the new network of a host that was off, or that began anew."""
        if change.state is HostState.OFF:
            self._off.add(change.host)
            self._probing.renewed(change.host)
        elif change.state is HostState.RUNNING and (change.new_network or change.host in self._off):
            if change.host not in self._off:
                self._probing.renewed(change.host)
            self._off.discard(change.host)
            if any(client.name == change.host for one in self.plan.loads for client in one.clients):
                # Off again already: what comes next will be told as well.
                with contextlib.suppress(LabError):
                    self.generator.moved(change.host, self._aside.hosts[change.host].netns())

    def _take_turn(self, due: Due) -> None:
        if due.turn is Turn.STEADY:
            self._require_steady()
        elif due.entry and due.turn is Turn.BEGIN:
            self._phase("run")
            self._actions.begin(due.entry, self._tick)
        elif due.entry and due.turn is Turn.END:
            self._actions.end(due.entry, self._tick)
            if not self._actions.in_force and due.t >= max(entry.start for entry in self.plan.entries):
                self._phase("quiet")

    def _require_steady(self) -> None:
        if self.plan.steady is None:
            return
        name, check = self.plan.steady
        verdict = check.judge(self.recorder.so_far())
        if verdict.outcome is not PASS:
            raise RunAborted(f"the steady state did not hold before the first fault ({name}: {verdict.reason})")

    # ---- after ---------------------------------------------------------------------------------

    def _finish(self) -> None:
        """Heal first: whatever comes after may take time, and nothing may stay broken meanwhile."""
        self._phase("heal")
        self._actions.heal()
        if not self.keeping.alive:  # what outlives it is undone now: what follows waits for requests
            for line in recover(self.keeping.order.run):
                self.recorder.event("note", "", line)
        if not self._going:
            self._probing.stop()
            return
        early = self.recorder.now() < self.plan.length
        if early and self.plan.loads:
            self.generator.stop()
        self._actions.await_confirmations(stopped=early)
        self._phase("final")
        self._account()
        self._probing.stop()
        self._machine.stop()
        if self.keeping.alive:
            self._aside.ask.close()

    def _account(self) -> str:
        """Have the generator's account recorded; without one, the gate on arrivals says that there is none.

        Returns:
            Why there is none, or none of a whole run; empty when all is well.
        """
        if not self.plan.loads:
            return ""
        longest = max(one.load.timeout for one in self.plan.loads)
        try:
            self.recorder.generated(self.generator.wait(longest / NS + 5))
        except ChaoskitError as error:
            self.recorder.event("note", "", f"no account of the whole load: {error}")
            self.progress.note(str(error))
            return str(error)
        return ""

    def _phase(self, name: str) -> None:
        if name == self._now_in:
            return
        self._now_in = name
        self.recorder.event("phase", name, "begin")
        left = (self.plan.length - self.recorder.now()) / NS if name in ("steady", "run") else None
        self.progress.phase(name, left)
