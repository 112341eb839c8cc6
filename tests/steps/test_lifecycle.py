"""Signal, Stop, PowerOff and Pause: what they have in common, and what tells them apart."""

import pytest

from chaoskit.core.errors import LabError, StepError, UsageError
from chaoskit.core.host import HostState, Status
from chaoskit.core.step import Step
from chaoskit.steps.pause import Pause
from chaoskit.steps.power_off import PowerOff
from chaoskit.steps.signal import Signal
from chaoskit.steps.stop import Stop
from chaoskit.testing import FakeHost, FakeLab, host, topology_of

LIFECYCLE = [Signal("web-1"), Stop("web-1"), PowerOff("web-1"), Pause("web-1")]


@pytest.fixture
def lab() -> FakeLab:
    """Two hosts, of which the steps change one."""
    return FakeLab(topology_of([host("web-1", "198.18.1.1"), host("web-2", "198.18.1.2")]))


@pytest.mark.parametrize(
    ("step", "state", "evidence"),
    [
        (Signal("web-1"), HostState.EXITED, "web-1: pid 1000 is gone (exit by signal 9)"),
        (Signal("web-1", "TERM"), HostState.EXITED, "web-1: pid 1000 is gone (exit by signal 15)"),
        (Stop("web-1"), HostState.EXITED, "web-1: exited, exit code 0 (was pid 1000)"),
        (PowerOff("web-1"), HostState.OFF, "web-1: off, no network namespace (was pid 1000)"),
        (Pause("web-1"), HostState.PAUSED, "web-1: paused, pid 1000"),
    ],
)
def test_a_step_leaves_its_host_and_only_its_host_in_its_state(
    lab: FakeLab, step: Step, state: HostState, evidence: str
) -> None:
    """The evidence says what was looked at and what it said."""
    prior = step.prepare(lab)
    assert not step.confirm(lab, prior).holds
    step.do(lab, prior)
    assert lab.state == {"web-1": state, "web-2": HostState.RUNNING}
    seen = step.confirm(lab, prior)
    assert (seen.holds, seen.what) == (True, evidence)
    step.undo(lab, prior)
    assert set(lab.state.values()) == {HostState.RUNNING}


@pytest.mark.parametrize("step", LIFECYCLE, ids=lambda step: step.kind)
def test_undoing_what_is_undone_asks_the_host_for_nothing(lab: FakeLab, step: Step) -> None:
    """A second undo, or one without do, calls neither start nor resume."""
    step.undo(lab, step.prepare(lab))
    assert lab.calls == []


@pytest.mark.parametrize("step", LIFECYCLE, ids=lambda step: step.kind)
def test_a_host_that_does_not_run_cannot_be_broken(lab: FakeLab, step: Step) -> None:
    """Prepare refuses: a fault on a dead host would prove nothing."""
    lab.hosts["web-1"].stop()
    with pytest.raises(StepError, match=r"web-1 is exited and cannot be"):
        step.prepare(lab)


@pytest.mark.parametrize("step", LIFECYCLE, ids=lambda step: step.kind)
def test_a_host_that_the_lab_does_not_have_is_an_error(step: Step) -> None:
    """The message names the host and the lab."""
    with pytest.raises(StepError, match="lab other has no host web-1"):
        step.prepare(FakeLab(topology_of([host("db", "198.18.1.9")], "other")))


def test_a_restart_policy_may_be_faster_than_the_confirmation(lab: FakeLab) -> None:
    """Another pid is as good a proof of the crash as none, and the undo then has nothing to do."""
    step = Signal("web-1")
    prior = step.prepare(lab)
    step.do(lab, prior)
    lab.hosts["web-1"].start()
    seen = step.confirm(lab, prior)
    assert seen.holds
    assert "running again as pid 1001" in seen.what
    step.undo(lab, prior)
    assert lab.hosts["web-1"].calls.count(("start",)) == 1


def test_a_death_is_confirmed_when_the_driver_knows_how_the_daemon_ended(
    lab: FakeLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the process's end and the driver's hearing of it there is no pid, and nothing to say of the end yet."""
    step = Signal("web-1")
    prior = step.prepare(lab)
    monkeypatch.setattr(lab.hosts["web-1"], "status", lambda: Status(HostState.RUNNING, None))
    seen = step.confirm(lab, prior)
    assert (seen.holds, seen.what) == (False, "web-1: pid 1000 is ending")


def test_an_undo_right_after_the_signal_waits_for_the_end(lab: FakeLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process looks alive, then is gone unnoticed; only when the driver says so is there something to start."""
    step = Signal("web-1")
    prior = step.prepare(lab)
    said = iter([Status(HostState.RUNNING, 1000), Status(HostState.RUNNING, None), Status(HostState.EXITED)])
    monkeypatch.setattr(lab.hosts["web-1"], "status", lambda: next(said))
    step.undo(lab, prior)
    assert lab.calls == [("web-1", "start")]


def test_the_undo_of_a_crash_leaves_a_paused_host_to_whoever_paused_it(lab: FakeLab) -> None:
    """It has a daemon; that it is frozen is another action's doing."""
    step = Signal("web-1")
    prior = step.prepare(lab)
    lab.hosts["web-1"].pause()
    step.undo(lab, prior)
    assert lab.state["web-1"] is HostState.PAUSED


@pytest.mark.parametrize("signal", ["HUP", "STOP", "USR1", "SIGKILL"])
def test_a_signal_that_ends_nothing_is_refused(signal: str) -> None:
    """Its effect could be neither seen nor undone."""
    with pytest.raises(UsageError, match="does not end a daemon"):
        Signal("web-1", signal)


@pytest.mark.parametrize("step", LIFECYCLE, ids=lambda step: step.kind)
def test_what_a_driver_refuses_is_a_step_error_with_its_remedy(
    lab: FakeLab, step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger collects StepErrors; a driver's own errors must not pass it by."""

    def refuse(*_: object, **__: object) -> None:
        raise LabError("the driver is gone", remedy="Start it.")

    prior = step.prepare(lab)
    for method in ("kill", "stop", "power_off", "pause"):
        monkeypatch.setattr(FakeHost, method, refuse)
    with pytest.raises(StepError, match=r"web-1 could not be .*: the driver is gone\n  Start it\."):
        step.do(lab, prior)


def test_a_stop_is_confirmed_by_its_end_and_can_be_undone_before_it(
    lab: FakeLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within the grace period it is under way: worth waiting for, no confirmation yet, and undone by starting it."""
    step = Stop("web-1")
    prior = step.prepare(lab)
    host_ = lab.hosts["web-1"]
    monkeypatch.setattr(host_, "status", lambda: Status(HostState.RUNNING, 1000, ending=True))
    seen = step.confirm(lab, prior)
    assert (seen.holds, seen.pending, seen.what) == (False, True, "web-1: ending (was pid 1000)")
    step.undo(lab, prior)
    assert lab.calls == [("web-1", "start")]
