"""Confirming actions: on a thread each, because the lab is asked for as long as it takes; and each has its deadline."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.clock import Clock
from chaoskit.core.errors import ChaoskitError
from chaoskit.core.history import Requests
from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.core.step import Evidence
from chaoskit.core.units import NS, show_duration
from chaoskit.engine.entries import PlannedEntry
from chaoskit.engine.keeping import Kept
from chaoskit.engine.ledger import PENDING_FOR
from chaoskit.engine.order import SOCKET, Order
from chaoskit.engine.plan import Plan, PlannedLoad
from chaoskit.engine.recorder import Recorder
from chaoskit.engine.rpc import Caller
from chaoskit.steps.command import Command, CommandOnce

CONFIRM_WITHIN = 2 * NS
_MARGIN = NS
_LOOK_EVERY = NS // 10
_TRIED = (Outcome.CONNECT_TIMEOUT, Outcome.REFUSED, Outcome.RESET, Outcome.UNREACHABLE, Outcome.TLS)
"""What became of requests that were not sent because no connection came about; others never left the generator."""


@dataclass
class _Asked:
    """An action whose confirmation is under way; `over` when it has been recorded, whichever way."""

    entry: PlannedEntry
    since: int
    deadline: int
    over: bool = False


class Confirmations:
    """The confirmations of one run: each action is recorded once as confirmed, or as not confirmed."""

    def __init__(self, plan: Plan, order: Order, recorder: Recorder, clock: Clock) -> None:
        self._plan, self._order, self._recorder, self._clock = plan, order, recorder, clock
        self._asked: list[tuple[_Asked, threading.Thread]] = []
        self._said: deque[tuple[PlannedEntry, str, int]] = deque()
        self._lock = threading.Lock()

    def begin(self, entry: PlannedEntry) -> None:
        """Have an action confirmed that was done just now."""
        now = self._clock.now()
        asked = _Asked(entry, now, now + may_take(entry, self._loads(entry)))
        thread = threading.Thread(target=self._confirm, args=(asked,), name=f"confirm {entry.name}", daemon=True)
        self._asked.append((asked, thread))
        thread.start()

    def said(self) -> list[tuple[PlannedEntry, str, int]]:
        """What was concluded since the last call: of which action, what, and when (CLOCK_MONOTONIC ns)."""
        return [self._said.popleft() for _ in range(len(self._said))]

    def wait(self, meanwhile: Callable[[], None], within: int | None = None) -> None:
        """Wait for those under way, each until its deadline; one that is not known by then is not confirmed.

        Args:
            meanwhile: called every so often; what it raises ends the wait.
            within: ns it may take at the most, whatever the deadlines.
        """
        last = None if within is None else self._clock.now() + within
        for asked, thread in self._asked:
            deadline = asked.deadline if last is None else min(asked.deadline, last)
            while thread.is_alive() and (left := deadline - self._clock.now()) > 0:
                thread.join(min(left, _LOOK_EVERY) / NS)
                meanwhile()
            took = show_duration(max(0, self._clock.now() - asked.since))
            self._conclude(asked, (Evidence(False, f"it was not known after {took}"),))
        self._asked.clear()

    def _loads(self, entry: PlannedEntry) -> list[PlannedLoad]:
        return [load for load in self._plan.loads if load.by == entry.name]

    def _confirm(self, asked: _Asked) -> None:
        entry = asked.entry
        try:
            # A line of its own: it asks for as long as two seconds.
            with closing(Caller.to(self._order.runtime / SOCKET, "the keeper")) as ask:
                evidence = Kept(self._plan.topology, ask).confirm(entry.name, entry.steps, CONFIRM_WITHIN)
        except ChaoskitError as error:
            evidence = (Evidence(False, str(error)),)
        evidence += tuple(self._arriving(load, asked.since) for load in self._loads(entry))
        self._conclude(asked, evidence)

    def _conclude(self, asked: _Asked, evidence: tuple[Evidence, ...]) -> None:
        """Record what was seen, unless the action's confirmation is over."""
        with self._lock:
            if asked.over:
                return
            asked.over = True
        what = "confirmed" if all(one.holds for one in evidence) else "not confirmed"
        self._recorder.event("action", asked.entry.name, what, evidence=[one.what for one in evidence])
        self._said.append((asked.entry, what, self._clock.now()))

    def _arriving(self, load: PlannedLoad, since: int) -> Evidence:
        """Whether requests of a load that an action brings were sent; they are seen when they have ended."""
        deadline = since + load.load.timeout + CONFIRM_WITHIN
        while True:
            rows = self._recorder.recent(2 * CONFIRM_WITHIN).requests
            rows = rows.take(rows.load.equals(load.name))
            sent, arrived = int(np.count_nonzero(rows.sent >= 0)), int(np.count_nonzero(on_the_wire(rows)))
            if arrived or self._clock.now() >= deadline:
                more = f", {arrived - sent:,} more got no connection" if arrived > sent else ""
                return Evidence(arrived > 0, f"{load.name}: {sent:,} requests sent{more}")
            self._clock.sleep(_LOOK_EVERY)


def on_the_wire(rows: Requests) -> NDArray[np.bool_]:
    """Which requests left the generator, if only as an attempt to connect: all that a full overload lets through."""
    return (rows.sent >= 0) | np.isin(rows.outcome, [OUTCOMES.index(one) for one in _TRIED])


def may_take(entry: PlannedEntry, loads: list[PlannedLoad]) -> int:
    """How long the confirmation of an action may take, in ns.

    The keeper asks for the usual time, for longer where an effect is under way, and lets the last round of commands
    come to its end. Requests that the action brings are awaited beside that, each as long as it may take.
    """
    commands = sum(step.timeout for step in entry.steps if isinstance(step, Command | CommandOnce))
    slowest = max((load.load.timeout for load in loads), default=0)
    return CONFIRM_WITHIN + max(PENDING_FOR + commands, slowest) + _MARGIN
