"""Confirmations: each action's is awaited for as long as it may take, and comes to one end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from chaoskit.core.action import Action
from chaoskit.core.errors import RunAborted
from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.core.step import Evidence, Step
from chaoskit.core.units import NS
from chaoskit.core.where import Where
from chaoskit.engine.confirming import Confirmations, may_take, on_the_wire
from chaoskit.engine.entries import PlannedEntry
from chaoskit.engine.plan import PlannedLoad
from chaoskit.steps.command import Command
from chaoskit.steps.stop import Stop
from chaoskit.testing import FakeClock, rows, two_regions
from tests.wire import until

TOLD = Command("w", ("a",), ("b",), undo_argv=("c",), timeout=7 * NS)


def _entry(*steps: Step) -> PlannedEntry:
    action = Action("x", {}, lambda _planning: steps, 600 * NS, False, Where("x.py", 7), "drain")
    return PlannedEntry("drain", action, steps, 0, NS, ())


def _load(timeout: int) -> PlannedLoad:
    return cast(PlannedLoad, SimpleNamespace(load=SimpleNamespace(timeout=timeout)))


class _Bench:
    """Confirmations of a keeper whose answer is given by hand."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.answered = threading.Event()
        self.events: list[str] = []
        plan = SimpleNamespace(loads=(), topology=two_regions())
        recorder = SimpleNamespace(event=lambda _kind, _name, what, evidence: self.events.append(what))
        order = SimpleNamespace(runtime=Path("/nowhere"))
        self.confirmations = Confirmations(cast(Any, plan), cast(Any, order), cast(Any, recorder), self.clock)

    def answer(self, *_: object) -> tuple[Evidence, ...]:
        assert self.answered.wait(20)
        return (Evidence(True, "it is there"),)

    def pass_time(self, then: Callable[[], None] = lambda: None, after: int = 0) -> Callable[[], None]:
        """Seconds go by while somebody waits; after `after` ns something happens."""
        begin = self.clock.now()

        def meanwhile() -> None:
            self.clock.sleep(3 * NS)  # which the end of every wait here is a multiple of
            if self.clock.now() - begin > after:
                then()

        return meanwhile


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Bench]:
    """A keeper that does not answer yet."""
    bench = _Bench()
    monkeypatch.setattr("chaoskit.engine.confirming.Caller.to", lambda *_: SimpleNamespace(close=lambda: None))
    monkeypatch.setattr("chaoskit.engine.confirming.Kept.confirm", bench.answer)
    yield bench
    bench.answered.set()


def test_one_that_is_pending_is_awaited(bench: _Bench) -> None:
    """A daemon that ends within its grace period is confirmed as ended before anybody goes on."""
    bench.confirmations.begin(_entry(Stop("w")))
    bench.confirmations.wait(bench.pass_time(bench.answered.set, after=20 * NS))
    assert bench.events == ["confirmed"]
    assert [(entry.name, what) for entry, what, _ in bench.confirmations.said()] == [("drain", "confirmed")]


@pytest.mark.parametrize("within", [None, 3 * NS])
def test_one_that_does_not_come_to_an_end_is_not_confirmed(bench: _Bench, within: int | None) -> None:
    """When its time is up it is recorded as such, once: what comes later changes nothing."""
    entry = _entry(Stop("w"))
    begin = bench.clock.now()
    bench.confirmations.begin(entry)
    bench.confirmations.wait(bench.pass_time(), within)
    limit = may_take(entry, []) if within is None else within
    assert limit <= bench.clock.now() - begin <= limit + NS
    assert bench.events == ["not confirmed"]
    bench.answered.set()
    assert until(lambda: not any(one.name == "confirm drain" for one in threading.enumerate()))
    assert bench.events == ["not confirmed"]


def test_whoever_waits_heeds_what_ends_the_run(bench: _Bench) -> None:
    """As in boot, where the next action waits for the first one's confirmation."""

    def stop() -> None:
        raise RunAborted("by hand")

    bench.confirmations.begin(_entry(Stop("w")))
    with pytest.raises(RunAborted, match="by hand"):
        bench.confirmations.wait(stop)


@pytest.mark.parametrize(
    ("steps", "timeouts", "seconds"),
    [((), (), 63), ((TOLD, TOLD), (), 77), ((), (5 * NS, 9 * NS), 63), ((), (90 * NS,), 93)],
)
def test_how_long_it_may_take_is_the_sum_of_what_is_waited_for(
    steps: tuple[Step, ...], timeouts: tuple[int, ...], seconds: int
) -> None:
    """2 s to be seen and 60 s more when under way, a command's own limit; a load's requests beside that; 1 s over."""
    assert may_take(_entry(*steps), [_load(timeout) for timeout in timeouts]) == seconds * NS


def test_a_load_that_finds_no_connection_is_on_the_wire_and_one_that_never_left_is_not() -> None:
    """Of every outcome an unsent request: an overload that is complete leaves nothing but attempts to connect."""
    unsent = rows(at=range(len(OUTCOMES)), outcome=OUTCOMES)
    unsent = replace(unsent, sent=np.full(len(OUTCOMES), -1, np.int32))
    tried = {OUTCOMES[code] for code in unsent.outcome[on_the_wire(unsent)]}
    connects = {Outcome.CONNECT_TIMEOUT, Outcome.REFUSED, Outcome.RESET, Outcome.UNREACHABLE}
    assert tried == connects | {Outcome.TLS}
    assert on_the_wire(rows(seconds=1)).all()


@pytest.mark.parametrize(
    ("outcome", "holds", "said"),
    [
        (Outcome.OK, True, "surge: 100 requests sent"),
        (Outcome.CONNECT_TIMEOUT, True, "surge: 0 requests sent, 100 more got no connection"),
        (Outcome.NO_PORT, False, "surge: 0 requests sent"),
    ],
)
def test_an_overload_is_confirmed_by_what_left_the_generator(
    bench: _Bench, outcome: Outcome, holds: bool, said: str
) -> None:
    """A connection that times out is a request that a full overload kept out; one without a port is none."""
    surge = rows("surge", seconds=1, outcome=outcome)
    if outcome is not Outcome.OK:
        surge = replace(surge, sent=np.full(len(surge), -1, np.int32))
    recent = lambda _over: SimpleNamespace(requests=surge)  # noqa: E731
    told: list[tuple[str, list[str]]] = []
    event = lambda _kind, _name, what, evidence: told.append((what, evidence))  # noqa: E731
    load = SimpleNamespace(name="surge", by="drain", load=SimpleNamespace(timeout=NS))
    plan, recorder = SimpleNamespace(loads=(load,), topology=two_regions()), SimpleNamespace(event=event, recent=recent)
    order = SimpleNamespace(runtime=Path("/nowhere"))
    confirmations = Confirmations(cast(Any, plan), cast(Any, order), cast(Any, recorder), bench.clock)
    bench.answered.set()
    confirmations.begin(_entry())
    assert until(lambda: bool(told))
    assert told == [("confirmed" if holds else "not confirmed", ["it is there", said])]
