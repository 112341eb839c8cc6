"""The keeper: the process that brings a lab up, changes it, and undoes everything when the run dies.

    runner ==calls, lifeline==> keeper --> island (native) --> hosts
                                  ^
    `chaoskit lab|stop|note` -----' keeper.sock

It lives in a session of its own and is deaf to SIGINT. When the lifeline's other end closes (the runner
ended, however), everything is undone and taken down - unless it was told to stay (`lab up`). The lifeline
is a pipe of its own, because the connection may be in the middle of a long call.

A native lab ends with its keeper by the kernel's doing, and the keeper with whatever ends the run as a whole.
A lab that outlives its keeper is nobody's then: its keeper descends from no runner (`chaoskit.engine.detached`)
and is in no control group by which the runner may be ended (`chaoskit.kernel.tracking`).
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any, TypeVar

from chaoskit.core.clock import MonotonicClock
from chaoskit.core.errors import ChaoskitError, UsageError
from chaoskit.core.host import Completed, HostState, Status
from chaoskit.core.step import Evidence, Step
from chaoskit.core.topology import Topology
from chaoskit.engine import facts, rpc
from chaoskit.engine.journal import FILE, Journal
from chaoskit.engine.ledger import ByItself, Ledger, Took
from chaoskit.engine.order import SOCKET, Introduction, Mail, News, Order
from chaoskit.kernel.identity import Identity
from chaoskit.kernel.tracking import Refuge
from chaoskit.labs.change import HostChange, Timings
from chaoskit.labs.drivers import DriverLab, make_lab
from chaoskit.steps.registry import step_kinds

T = TypeVar("T")

_EXPIRY_EVERY_S = 0.05
_ABANDON_WITHIN_S = 1.2
"""How long taking down may take when the runner has gone, so that nothing is left after 2 s."""
_LASTING_WITHIN_S = 60.0
"""The same where something stays that does not end with this process: undoing it takes the time it takes."""
_TRY_AGAIN_AFTER_S = 1.0
_UP_OVER_WITHIN_S = 5.0
"""How long bringing a lab up may take to notice that it was taken down."""


class Keeper:
    """One lab, its ledger, and the calls others may make. Methods without underscore can be called by rpc."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._clock = MonotonicClock()
        self._journal = Journal(order.directory / FILE)
        self._changes: deque[HostChange] = deque()
        self._mail: deque[Mail] = deque()
        self._by_itself: deque[ByItself] = deque()
        self._states: dict[str, HostState] = {}
        self._holders: list[tuple[str, Identity]] = []
        self._stays = False
        self._over = False
        self._refuge = Refuge(f"chaoskit-{order.run}") if order.outlives_keeper else Refuge("", ())
        self._lab: DriverLab = make_lab(order.driver, order.spec, order.directory, order.run, self._changed)
        self._ledger = Ledger(self._lab, self._journal, self._clock)
        self._main: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._finishing = threading.Lock()
        self._up_over = threading.Event()
        self._up_over.set()

    # ---- the lab -------------------------------------------------------------------------------

    def up(self, timeout_s: float) -> Timings:
        """Bring the lab up; done on the main thread, whose end is what the island's processes die with."""
        return self._on_main(lambda: self._up(timeout_s))

    def _up(self, timeout_s: float) -> Timings:
        for path in self._lab.cgroups():
            self._journal.write({"row": "cgroup", "path": str(path)})
        self._up_over.clear()
        try:
            timings = self._lab.up(timeout_s)
        finally:
            self._up_over.set()
        step_kinds()  # found now: the first action would be late by what looking for them takes
        for what, identity in self._lab.identities():
            self._holders.append((what, identity))
            self._journal.process(what, identity)
        return timings

    def topology(self) -> Topology:
        """What the lab consists of."""
        return self._lab.topology

    def status(self, host: str) -> Status:
        """State of a host."""
        return self._lab.hosts[host].status()

    def netns(self, host: str) -> Path:
        """A path to the host's network namespace."""
        return self._lab.hosts[host].netns()

    def log(self, host: str) -> Path:
        """The host's log file."""
        return self._lab.logs(host)

    def run(self, host: str, argv: Sequence[str], timeout: float, stdin: str) -> Completed:
        """Run a command in a host."""
        return self._lab.hosts[host].run(argv, timeout=timeout, stdin=stdin)

    def lifecycle(self, host: str, verb: str, *arguments: int) -> None:
        """`start`, `stop`, `kill`, `power_off`, `pause` or `resume` a host by hand."""
        if verb == "begin_stop":
            self._lab.hosts[host].stop(wait=False)
            return
        if verb not in ("start", "stop", "kill", "power_off", "pause", "resume"):
            raise ChaoskitError(f"no such change of a host: {verb}")
        getattr(self._lab.hosts[host], verb)(*arguments)

    # ---- actions -------------------------------------------------------------------------------

    def apply(self, action: str, steps: Sequence[Step], expires: int | None) -> Took:
        """Do the steps of an action."""
        return self._ledger.apply(action, steps, expires)

    def confirm(self, action: str, steps: Sequence[Step], within: int) -> tuple[Evidence, ...]:
        """Look whether the steps of an action are in effect."""
        return self._ledger.confirm(action, steps, within)

    def undo(self, action: str) -> Took:
        """Undo an action."""
        return self._ledger.undo(action)

    def undo_all(self) -> Took:
        """Undo every action in force."""
        return self._ledger.undo_all()

    # ---- news ----------------------------------------------------------------------------------

    def news(self) -> News:
        """What happened since the last call."""
        gone = tuple(what for what, identity in self._holders if not identity.alive())
        return News(_taken(self._changes), _taken(self._mail), _taken(self._by_itself), gone)

    def post(self, kind: str, text: str) -> None:
        """Leave word for the runner: `stop` or `note`.

        Raises:
            UsageError: there is none, the lab was brought up by hand.
        """
        if self._stays:
            raise UsageError(
                f"{self._order.run} is a lab that was brought up by hand, not a run",
                remedy=f"`chaoskit lab down {self._order.run}` takes it down.",
            )
        self._mail.append(Mail(self._clock.now(), kind, text))

    def stay(self) -> None:
        """Outlive the owner: the lab is up until somebody calls `finish`."""
        self._stays = True

    def finish(self) -> rpc.Last:
        """Undo everything, take the lab down, and end; the answer is a `Took` with what could not be undone."""
        return rpc.Last(self._take_down(undo=True), lambda: self._exit(0))

    # ---- life ----------------------------------------------------------------------------------

    def settle(self) -> tuple[str, ...]:
        """Leave the control groups that the runner may be ended by; a sentence for each that cannot be left."""
        for path in self._refuge.planned:
            self._journal.write({"row": "cgroup", "path": str(path)})
        return tuple(f"{why}: what ends the run as a whole may end its keeper too" for why in self._refuge.enter())

    def serve(self, owner: Connection[Any, Any], lifeline: int, remarks: tuple[str, ...]) -> None:
        """Answer the owner and everybody who connects; returns never."""
        with rpc.listening(self._order.runtime / SOCKET) as listener:
            owner.send((0, True, Introduction(Identity.of(os.getpid()), remarks)))
            threading.Thread(target=rpc.serve, args=(owner, self._method), daemon=True).start()
            threading.Thread(target=self._hold, args=(lifeline,), daemon=True).start()
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
            threading.Thread(target=self._expire, daemon=True).start()
            while True:
                self._main.get()()

    def _hold(self, lifeline: int) -> None:
        while os.read(lifeline, 1):
            pass
        if not self._stays:
            self.abandon()

    def abandon(self) -> None:
        """The runner has gone: undo, take down what there is, and end. A native lab ends with this process anyway."""
        lasting = self._order.outlives_keeper or self._ledger.reaches_outside
        ending = threading.Thread(target=self._end_alone, daemon=True)
        ending.start()
        ending.join(_LASTING_WITHIN_S if lasting else _ABANDON_WITHIN_S)
        self._exit(0)

    def _end_alone(self) -> None:
        """Take down with nobody to tell of a failure but the log; of a lab that would stay, again and again."""
        while True:
            for failure in self._take_down(undo=self._order.outlives_keeper).failures:
                _log(f"the runner has gone, and {failure}")
            if self._over or not self._order.outlives_keeper:
                return
            time.sleep(_TRY_AGAIN_AFTER_S)

    def _accept(self, listener: Listener) -> None:
        while True:
            try:
                connection = listener.accept()
            except OSError as error:  # a caller that hung up at once, or no descriptor left: others have to be heard
                _log(f"a call could not be taken: {error}")
                time.sleep(_TRY_AGAIN_AFTER_S)
                continue
            threading.Thread(target=rpc.serve, args=(connection, self._method), daemon=True).start()

    def _expire(self) -> None:
        tick = threading.Event()
        while not tick.wait(_EXPIRY_EVERY_S):
            self._by_itself.extend(self._ledger.ended())
            self._by_itself.extend(self._ledger.undo_expired())

    def _method(self, name: str) -> rpc.Handler:
        if name.startswith("_") or name in ("settle", "serve", "abandon"):
            raise ChaoskitError(f"the keeper has no call {name!r}")
        method: rpc.Handler = getattr(self, name)
        return method

    def _changed(self, change: HostChange) -> None:
        self._changes.append(change)
        before, self._states[change.host] = self._states.get(change.host), change.state
        if change.new_network or (before is HostState.OFF and change.state is HostState.RUNNING):
            # Not on the lab's thread, which must not block: a step asks the lab, and may wait for its turn.
            threading.Thread(target=self._reapply, args=(change.host,), daemon=True).start()

    def _reapply(self, host: str) -> None:
        self._by_itself.extend(self._ledger.reapply(host))

    def _on_main(self, task: Callable[[], T]) -> T:
        result: Future[T] = Future()

        def body() -> None:
            try:
                result.set_result(task())
            except BaseException as error:  # noqa: BLE001  raised in the caller
                result.set_exception(error)

        self._main.put(body)
        return result.result()

    def _take_down(self, *, undo: bool) -> Took:
        """Take the lab down; without `undo` when time is short: what was done to a lab of ours ends with it."""
        with self._finishing:
            took = self._ledger.undo_all() if undo else self._ledger.undo_outside()
            try:
                self._down()
            except Exception as error:  # noqa: BLE001  whatever it is: the journal stays open, for recovery to go on
                return replace(took, failures=(*took.failures, f"the lab could not be taken down: {error}"))
            if not self._undo_is_left:
                self._forget()
            return took

    def _down(self) -> None:
        """Take the lab down, also while it comes up; of one that outlives this process nothing may come afterwards."""
        comes_up = not self._up_over.is_set()
        self._lab.down()
        if comes_up and self._order.outlives_keeper and self._up_over.wait(_UP_OVER_WITHIN_S):
            self._lab.down()

    @property
    def _undo_is_left(self) -> bool:
        """Whether something is in force that did not end with the lab, so that the journal stays open for recovery."""
        return bool(self._ledger.in_force) if self._order.is_guest else self._ledger.reaches_outside

    def _forget(self) -> None:
        self._over = True
        with contextlib.suppress(ChaoskitError):  # a full disk; nobody reads it again once the facts are gone
            self._journal.conclude()
        if not self._refuge.leave():  # a group that stays has to be found again
            facts.remove(self._order)

    def _exit(self, status: int) -> None:
        # Not sys.exit: other threads may be in calls that nobody waits for any more.
        sys.stderr.flush()
        os._exit(status)


def _log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _taken(queue: deque[T]) -> tuple[T, ...]:
    """Empty a queue that other threads fill."""
    return tuple(queue.popleft() for _ in range(len(queue)))


def main() -> None:
    """`python -m chaoskit.engine.keeper CONNECTION LIFELINE`: take the order from the owner, then serve it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    owner: Connection[Any, Any] = Connection(int(sys.argv[1]))
    order: Order = owner.recv()
    try:
        keeper = Keeper(order)
        # Before anything is made: if the runner is gone by now, somebody may have taken this run for abandoned, and
        # have removed its folder. Then this fails, and nothing is left; later there would be.
        facts.write(order)
        remarks = keeper.settle()
    except ChaoskitError as error:
        owner.send((0, False, error))
        return
    # A keeper that the system asks to end behaves as if its runner had gone.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=keeper.abandon).start())
    keeper.serve(owner, int(sys.argv[2]), remarks)


if __name__ == "__main__":
    main()
