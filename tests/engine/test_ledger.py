"""The ledger: steps in force on a lab, journal first."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaoskit.core.errors import ChaoskitError, LabError, StepError
from chaoskit.core.host import HostState, Status
from chaoskit.core.step import Evidence, Prior, Step
from chaoskit.core.units import NS
from chaoskit.engine.journal import FILE, Journal, read
from chaoskit.engine.ledger import Ledger
from chaoskit.steps.call import Call
from chaoskit.steps.command import Command
from chaoskit.steps.function import reference
from chaoskit.steps.inject import Inject
from chaoskit.steps.pause import Pause
from chaoskit.steps.power_off import PowerOff
from chaoskit.steps.stop import Stop
from chaoskit.testing import FakeClock, FakeLab, two_regions
from tests.support.machine import tree
from tests.wire import until, wired


def _never() -> None:
    raise StepError("it would not be done")


class _Bench:
    """A ledger on a fake lab, with its journal."""

    def __init__(self, folder: Path) -> None:
        self.lab = FakeLab(two_regions())
        self.clock = FakeClock()
        self.path = folder / FILE
        self.path.unlink(missing_ok=True)
        self.ledger = Ledger(self.lab, Journal(self.path), self.clock)

    @property
    def states(self) -> set[HostState]:
        return {host.status().state for host in self.lab.hosts.values()}


@pytest.fixture
def bench(tmp_path: Path) -> _Bench:
    """A ledger on a fake lab."""
    return _Bench(tmp_path)


def test_an_undo_restores_every_host_and_leaves_nothing_pending(bench: _Bench) -> None:
    """Applied and undone: hosts are as before and the journal has nothing left to do."""
    bench.ledger.apply("freeze", [Pause("web-eu-1"), Pause("web-eu-2")], None)
    assert bench.lab.hosts["web-eu-1"].status().state is HostState.PAUSED
    assert bench.ledger.undo("freeze").failures == ()
    assert bench.states == {HostState.RUNNING}
    assert read(bench.path).pending == ()


def test_a_step_is_in_the_journal_before_it_is_done(bench: _Bench, tmp_path: Path) -> None:
    """A journal that cannot be written means that nothing is done."""
    (tmp_path / "full").symlink_to("/dev/full")
    ledger = Ledger(bench.lab, Journal(tmp_path / "full"), bench.clock)
    with pytest.raises(ChaoskitError, match="No space left"):
        ledger.apply("freeze", [Pause("web-eu-1")], None)
    assert bench.states == {HostState.RUNNING}


def test_an_action_is_done_whole_or_not_at_all(bench: _Bench) -> None:
    """A step that fails takes the steps before it back."""
    bench.lab.hosts["web-eu-2"].pause = _never  # type: ignore[method-assign]
    with pytest.raises(StepError, match="it would not be done"):
        bench.ledger.apply("mixed", [Pause("web-eu-1"), Pause("web-eu-2")], None)
    assert bench.states == {HostState.RUNNING}
    assert bench.ledger.in_force == ()
    assert read(bench.path).pending == ()


def test_a_failing_undo_is_reported_and_does_not_keep_others_from_being_undone(bench: _Bench) -> None:
    """Failures are collected; what failed stays in force to be tried again, the rest is undone."""
    bench.ledger.apply("mixed", [Pause("web-eu-1"), Pause("web-eu-2"), Pause("web-na-1")], None)
    bench.lab.hosts["web-eu-2"].resume = _never  # type: ignore[method-assign]
    took = bench.ledger.undo_all()
    assert [failure.endswith("it would not be done") for failure in took.failures] == [True]
    assert [host.info.name for host in bench.lab.hosts.values() if host.status().state is HostState.PAUSED] == [
        "web-eu-2"
    ]
    assert bench.ledger.in_force == ("mixed",)
    assert [pending.number for pending in read(bench.path).pending] == [2]


def test_undoing_twice_changes_nothing_more(bench: _Bench) -> None:
    """The second undo finds nothing in force."""
    bench.ledger.apply("off", [PowerOff("web-eu-1")], None)
    bench.ledger.undo("off")
    calls = list(bench.lab.hosts["web-eu-1"].calls)
    assert bench.ledger.undo("off").failures == ()
    assert bench.lab.hosts["web-eu-1"].calls == calls


def test_what_has_expired_is_undone_and_nothing_else(bench: _Bench) -> None:
    """An action in force longer than it may be is undone by the keeper itself."""
    bench.ledger.apply("short", [Pause("web-eu-1")], bench.clock.now() + NS)
    bench.ledger.apply("long", [Pause("web-na-1")], bench.clock.now() + 10 * NS)
    assert bench.ledger.undo_expired() == ()
    bench.clock.sleep(2 * NS)
    assert [(one.action, one.what, one.failures) for one in bench.ledger.undo_expired()] == [("short", "undone", ())]
    assert bench.ledger.in_force == ("long",)


def test_what_will_not_be_undone_is_said_and_tried_again_a_second_later(bench: _Bench) -> None:
    """An expired action whose undo fails is reported as such, not as undone, and not twenty times a second."""
    bench.ledger.apply("short", [Pause("web-eu-1")], bench.clock.now() + NS)
    bench.lab.hosts["web-eu-1"].resume = _never  # type: ignore[method-assign]
    bench.clock.sleep(NS)
    (one,) = bench.ledger.undo_expired()
    assert [failure.endswith("it would not be done") for failure in one.failures] == [True]
    assert bench.ledger.undo_expired() == ()
    del bench.lab.hosts["web-eu-1"].resume
    bench.clock.sleep(NS)
    assert [again.failures for again in bench.ledger.undo_expired()] == [()]
    assert bench.ledger.in_force == ()


@dataclass(frozen=True)
class _Perishes(Pause):
    """A step whose effect ends with the file at `lives`."""

    lives: str = ""

    def ended(self, prior: Prior) -> str:
        """Whether it is gone."""
        return "" if Path(self.lives).exists() else f"{self.host}: it has ended"


def test_an_effect_that_ends_by_itself_is_told_once_and_again_by_its_undo(
    bench: _Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it lasts nothing is told; the undo of what was over before says so, and that of others does not."""
    monkeypatch.setattr("chaoskit.engine.ledger.encode", lambda step: {"kind": step.kind})
    (lives := tmp_path / "lives").touch()
    bench.ledger.apply("hold", [_Perishes("web-eu-1", str(lives)), Pause("web-eu-2")], None)
    bench.ledger.apply("freeze", [Pause("web-na-1")], None)
    assert bench.ledger.ended() == ()
    lives.unlink()
    told = [(one.action, one.what, one.failures) for one in bench.ledger.ended()]
    assert told == [("hold", "ended", ("web-eu-1: it has ended",))]
    assert bench.ledger.ended() == ()
    assert bench.ledger.undo("hold").ended == ("web-eu-1: it has ended",)
    assert bench.ledger.undo("freeze").ended == ()


@dataclass(frozen=True)
class _Mistaken(Pause):
    """A step of somebody's whose `ended` has a mistake."""

    def ended(self, prior: Prior) -> str:
        """It never comes to it."""
        return str(prior["nothing of the kind"])


def test_a_step_that_cannot_tell_whether_it_lasts_is_told_of_and_undone_when_it_expires(
    bench: _Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its mistake does not end the thread that undoes what has expired."""
    monkeypatch.setattr("chaoskit.engine.ledger.encode", lambda step: {"kind": step.kind})
    bench.ledger.apply("hold", [_Mistaken("web-eu-1")], bench.clock.now() + NS)
    ((word,),) = (one.failures for one in bench.ledger.ended())
    assert "whether it lasts cannot be told: 'nothing of the kind'" in word
    bench.clock.sleep(NS)
    assert [one.failures for one in bench.ledger.undo_expired()] == [()]
    assert bench.ledger.in_force == ()


@dataclass(frozen=True)
class _OnNetwork(Pause):
    """A step that lives in a host's network, and counts how often it was done."""

    on_network: ClassVar[bool] = True


def test_a_host_that_comes_back_gets_its_faults_again(bench: _Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps on the network of that host are done again, those of others are not; a failure is told."""
    monkeypatch.setattr("chaoskit.engine.ledger.encode", lambda step: {"kind": step.kind})
    bench.ledger.apply("cut", [_OnNetwork("web-eu-1"), _OnNetwork("web-eu-2")], None)
    bench.ledger.apply("freeze", [Pause("web-na-1")], None)
    web = bench.lab.hosts["web-eu-1"]
    web.resume()
    assert [(one.action, one.what, one.failures) for one in bench.ledger.reapply("web-eu-1")] == [
        ("cut", "done again", ())
    ]
    assert web.status().state is HostState.PAUSED
    assert bench.lab.hosts["web-eu-2"].calls.count(("pause",)) == 1
    web.pause = _never  # type: ignore[method-assign]
    (one,) = bench.ledger.reapply("web-eu-1")
    assert [failure.endswith("it would not be done") for failure in one.failures] == [True]
    assert bench.ledger.reapply("web-na-1") == ()


def test_a_mistake_in_one_steps_undo_does_not_keep_others_from_being_undone(bench: _Bench) -> None:
    """Whatever an undo raises is collected; a plug-in's TypeError is no exception."""
    bench.ledger.apply("first", [Pause("web-eu-1")], None)
    bench.ledger.apply("second", [Pause("web-eu-2")], None)
    bench.lab.hosts["web-eu-2"].resume = lambda: int("x")  # type: ignore[assignment, method-assign]
    took = bench.ledger.undo_all()
    assert ["invalid literal" in failure for failure in took.failures] == [True]
    assert bench.lab.hosts["web-eu-1"].status().state is HostState.RUNNING


def test_everything_is_undone_though_the_journal_takes_nothing_more(
    bench: _Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fills up while faults are in force is said, and no fault stays for it."""
    bench.ledger.apply("first", [Pause("web-eu-1")], None)
    bench.ledger.apply("second", [Pause("web-eu-2")], None)

    def full(*_: object) -> None:
        raise ChaoskitError("cannot write the journal")

    monkeypatch.setattr(bench.ledger.journal, "write", full)
    assert bench.ledger.undo_all().failures == ("cannot write the journal", "cannot write the journal")
    assert bench.states == {HostState.RUNNING}


def test_a_host_that_cannot_be_looked_at_is_a_step_that_cannot_be_done(bench: _Bench) -> None:
    """Whatever the driver refuses while a step is prepared, the error names action and step."""

    def gone() -> None:
        raise LabError("the lab is down")

    bench.lab.hosts["web-eu-1"].status = gone  # type: ignore[assignment, method-assign]
    with pytest.raises(StepError, match=r"freeze: web-eu-1: freeze every process.*the lab is down"):
        bench.ledger.apply("freeze", [Pause("web-eu-1")], None)


def test_confirmation_is_asked_for_until_it_holds_or_its_time_is_up(bench: _Bench) -> None:
    """Evidence comes from the lab; a step that never takes effect is reported as such."""
    steps = [Pause("web-eu-1")]
    bench.ledger.apply("freeze", steps, None)
    assert all(one.holds for one in bench.ledger.confirm("freeze", steps, NS))
    bench.lab.hosts["web-eu-1"].resume()
    begin = bench.clock.now()
    assert not bench.ledger.confirm("freeze", steps, NS)[0].holds
    assert bench.clock.now() - begin >= NS


def test_what_is_under_way_has_longer_to_be_confirmed(bench: _Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon within its grace period is ending, and is waited for; what is under way for ever is not."""
    web = bench.lab.hosts["web-eu-1"]
    steps = [Stop("web-eu-1")]
    bench.ledger.apply("drain", steps, None)
    ends_at = bench.clock.now() + 10 * NS

    def draining() -> Status:
        over = bench.clock.now() >= ends_at
        return Status(HostState.EXITED) if over else Status(HostState.RUNNING, 1000, ending=True)

    monkeypatch.setattr(web, "status", draining)
    (evidence,) = bench.ledger.confirm("drain", steps, NS)
    assert evidence.holds
    assert ends_at <= bench.clock.now() < ends_at + NS
    ends_at = bench.clock.now() + 3600 * NS
    begin = bench.clock.now()
    assert not bench.ledger.confirm("drain", steps, NS)[0].holds
    assert bench.clock.now() - begin < 120 * NS


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(["a", "b", "c", "d"]), again=st.booleans())
def test_any_order_of_undoing_restores_everything(tmp_path: Path, order: list[str], again: bool) -> None:
    """Actions on different hosts may be undone in any order, once or twice."""
    bench = _Bench(tmp_path)
    hosts = dict(zip("abcd", ["web-eu-1", "web-eu-2", "web-na-1", "web-na-2"], strict=True))
    for action, host in hosts.items():
        bench.ledger.apply(action, [Pause(host) if action in "ab" else PowerOff(host)], None)
    for action in order * (2 if again else 1):
        assert bench.ledger.undo(action).failures == ()
    assert bench.states == {HostState.RUNNING}
    assert read(bench.path).pending == ()


def test_what_reaches_outside_the_lab_can_be_undone_by_itself(bench: _Bench, tmp_path: Path) -> None:
    """Commands on this machine are undone where time is short; what was done to the lab ends with it."""
    file = tmp_path / "there"
    elsewhere = Command("", ("touch", str(file)), ("test", "-e", str(file)), undo_argv=("rm", "-f", str(file)))
    bench.ledger.apply("freeze", [Pause("web-eu-1")], None)
    assert not bench.ledger.reaches_outside
    bench.ledger.apply("elsewhere", [elsewhere], None)
    assert bench.ledger.reaches_outside
    assert file.exists()
    assert bench.ledger.undo_outside().failures == ()
    assert not file.exists()
    assert bench.ledger.in_force == ("freeze",)


def dawdle(arguments: object, before: object) -> None:
    """Take a minute."""
    time.sleep(60)


def unseen(lab: object, arguments: object, before: object) -> Evidence:
    """Nothing to see."""
    return Evidence(False, "nothing")


@pytest.mark.lab
@pytest.mark.parametrize("broken", ["the second step", "the journal"])
def test_an_injector_whose_action_is_not_done_after_all_is_ended(tmp_path: Path, broken: str) -> None:
    """Its process is there from `prepare` on; the journal has nothing of it, so nobody else could end it."""
    with wired("a") as wire:
        before = tree(os.getpid())
        inject = Inject("a", reference(dawdle), {}, reference(unseen))
        journal = Journal(tmp_path / FILE)
        steps: list[Step] = [inject, Pause("nobody")]
        if broken == "the journal":
            (tmp_path / "full").symlink_to("/dev/full")
            journal, steps = Journal(tmp_path / "full"), [inject]
        ledger = Ledger(wire.lab, journal, FakeClock())
        with pytest.raises(ChaoskitError, match=r"no host nobody|No space left"):
            ledger.apply("both", steps, None)
        assert until(lambda: tree(os.getpid()) == before)
        assert ledger.in_force == ()


@pytest.mark.lab
def test_undoing_everything_cuts_a_call_short_instead_of_waiting_for_it(tmp_path: Path) -> None:
    """A stop in the middle of a long one-shot: what else is in force is undone at once, and the call ends."""
    with wired("a") as wire, ThreadPoolExecutor(1) as pool:
        ledger = Ledger(wire.lab, Journal(tmp_path / FILE), FakeClock())
        ledger.apply("freeze", [Pause("a")], None)
        ledger.undo("freeze")
        call = Call("a", reference(dawdle), {}, reference(unseen), timeout=60 * NS)
        doing = pool.submit(ledger.apply, "late", [call], None)
        assert until(lambda: ledger.in_force == ("late",))
        ledger.apply("freeze", [Pause("a")], None)
        began = time.monotonic()
        assert ledger.undo_all().failures == ()
        assert time.monotonic() - began < 1
        with pytest.raises(StepError, match=r"it failed|cut short"):
            doing.result(5)
        assert ledger.in_force == ()
        assert read(tmp_path / FILE).pending == ()
        assert wire.lab.hosts["a"].status().state is HostState.RUNNING
