"""Judging: gates first, then checks, and what a proof takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chaoskit import Experiment, Lab, Twin, at, bound, get, load, region, role, window
from chaoskit.actions.crash import crash
from chaoskit.checks.availability import availability
from chaoskit.core.check import Check, check
from chaoskit.core.history import Event, Generated, History, Reading
from chaoskit.core.load import Outcome
from chaoskit.core.result import ArmResult
from chaoskit.core.units import NS
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN, Result, Verdict, failed, passed
from chaoskit.core.window import begin
from chaoskit.engine.found import Found, name_parts
from chaoskit.engine.gates import gates_of
from chaoskit.engine.judge import judge
from chaoskit.engine.machine import PROBE
from chaoskit.engine.proof import never_ran, prove_twin
from chaoskit.engine.sources import Source
from chaoskit.loads.arrivals import constant
from chaoskit.testing import happened, make_history, readings, rows

shoppers = load(get("http://price.example.com/"), constant("100/s"), clients=role("client"))
outage = crash(role("service") & region("eu"))
failover = window(after=begin(outage), lasting=bound(detection="5s"))
available = availability(shoppers, at_least=0.99, outside=failover)
twin = Twin("no health checks", must_fail=[available])
experiment = Experiment(
    claim="it holds",
    lab=Lab("gslb"),
    loads=[shoppers],
    timeline=[at("10s", outage, lasting="10s")],
    duration="30s",
    steady=availability(shoppers, at_least=0.9).named("steady"),
    checks=[available],
    twins=[twin],
)
FOUND = Found(
    "test.it", experiment, name_parts(experiment, globals()), {}, Source(Path(__file__), "test", Path()), globals()
)
CLEAN = Event(31 * NS, "audit", "run", "clean", {"left": []})
EVENTS = (*happened("outage", begin=10, confirmed=10.1, end=20, undone=20.1), CLEAN)
MACHINE = readings(
    PROBE, "", lambda t: {"late_s": 0.001, "total_ticks": int(t * 200), "steal_ticks": 0, "psi_cpu_total_us": 0}
)


def _history(outcome: Outcome = Outcome.OK, **changes: object) -> History:
    """A run in which everything is as it should be, requests between 20 and 25 s apart."""
    requests = [rows("shoppers", seconds=20), rows("shoppers", start=20, seconds=5, outcome=outcome)]
    history = make_history(requests, events=EVENTS, readings=MACHINE)
    return replace(history, names=FOUND.names, **changes)  # type: ignore[arg-type]


def _without(history: History, what: str) -> History:
    return replace(history, events=tuple(event for event in history.events if event.what != what))


def _late(history: History) -> History:
    rows_ = history.requests
    return replace(history, requests=replace(rows_, lag=rows_.lag + 80_000))


def _lost(history: History) -> History:
    return replace(
        history, generated=(Generated("shoppers", "client-eu", len(history.requests) + 1, len(history.requests)),)
    )


def _swapped(history: History) -> History:
    """The sums agree, but one client host lost a request and another has one too many."""
    count = len(history.requests)
    account = [Generated("shoppers", client, n, n) for client, n in (("client-eu", count - 1), ("client-na", 1))]
    return replace(history, generated=tuple(account))


def _stalled(history: History) -> History:
    stall = Reading(29 * NS, 1, PROBE, "", {"late_s": 1.5, "total_ticks": 9000, "steal_ticks": 0})
    return replace(history, readings=(*history.readings, stall))


def _stolen(history: History) -> History:
    stolen = Reading(30 * NS, 1, PROBE, "", {"late_s": 0.0, "total_ticks": 6000, "steal_ticks": 3000})
    return replace(history, readings=(*history.readings, stolen))


def _few() -> History:
    """Too few requests in what the check looks at, enough before the fault."""
    history = make_history([rows("shoppers", seconds=9, every="50ms")], events=EVENTS, readings=MACHINE)
    return replace(history, names=FOUND.names)


def _unsteady(history: History) -> History:
    early = rows("shoppers", seconds=5, outcome=Outcome.RESET)
    return make_history([early, rows("shoppers", start=5, seconds=20)], events=EVENTS, readings=MACHINE)


def _moved(history: History, what: str, seconds: int) -> History:
    """The outage begins or ends later than planned: an earlier action took that long."""
    events = [
        replace(event, t=event.t + seconds * NS) if (event.kind, event.what) == ("action", what) else event
        for event in history.events
    ]
    return replace(history, events=tuple(sorted(events, key=lambda event: event.t)))


def _ended(history: History) -> History:
    """The outage was over by itself in the middle of its time."""
    began = next(event for event in history.events if (event.kind, event.what) == ("action", "begin"))
    return replace(history, events=(*history.events, replace(began, t=began.t + NS, what="ended")))


def test_a_good_run_passes(tmp_path: Path) -> None:
    """All gates hold, the check passes, nothing is left behind: the arm passes."""
    result = judge(FOUND, "guarded", _history(), tmp_path)
    assert [gate.verdict.outcome for gate in result.gates] == [PASS] * len(gates_of(FOUND))
    assert [(one.name, one.verdict.outcome) for one in result.checks] == [("available", PASS), ("clean", PASS)]
    assert result.verdict is PASS
    assert result.reason == "all 2 checks passed"


@pytest.mark.parametrize(("counted", "outcome"), [(2_500, PASS), (2_499, UNKNOWN)])
def test_where_rows_are_sampled_arrivals_are_accounted_for_by_their_counts(
    tmp_path: Path, counted: int, outcome: Result
) -> None:
    """A row in ten is no loss, and a request that nobody counted is one."""
    whole = _history()
    meta = replace(whole.meta, one_success_in=10)
    few = whole.requests.take(np.arange(0, len(whole.requests), 10))
    history = replace(whole, meta=meta, requests=few, counts={("shoppers", "client-eu"): counted})
    result = judge(FOUND, "guarded", history, tmp_path)
    assert {gate.name: gate.verdict.outcome for gate in result.gates}["every arrival accounted for"] is outcome
    assert result.verdict is outcome


def test_a_bad_run_fails_for_the_reason_the_check_gives(tmp_path: Path) -> None:
    """A failing check makes a failing arm, whose reason is the check's."""
    result = judge(FOUND, "guarded", _history(Outcome.UNAVAILABLE), tmp_path)
    assert result.verdict is FAIL
    assert result.reason.startswith("available: ")


@pytest.mark.parametrize(
    ("gate", "breaks"),
    [
        ("every action confirmed", lambda history: _without(history, "confirmed")),
        ("every action confirmed", _ended),
        ("actions on time", lambda history: _moved(history, "begin", 5)),
        ("actions on time", lambda history: _moved(history, "end", 5)),
        ("generator on time", _late),
        ("every arrival accounted for", _lost),
        ("every arrival accounted for", lambda history: replace(history, generated=())),
        ("every arrival accounted for", _swapped),
        ("machine not stalled", _stalled),
        ("machine not stalled", _stolen),
        ("machine not stalled", lambda history: replace(history, readings=())),
        ("steady before the first fault", lambda history: replace(_unsteady(history), names=FOUND.names)),
    ],
)
def test_a_broken_gate_makes_a_failing_check_unknown(
    tmp_path: Path, gate: str, breaks: Callable[[History], History]
) -> None:
    """A measurement that is not believed proves nothing, a failure included."""
    result = judge(FOUND, "guarded", breaks(_history(Outcome.UNAVAILABLE)), tmp_path)
    broken = [one.name for one in result.gates if one.verdict.outcome is not PASS]
    assert broken == [gate]
    assert result.verdict is UNKNOWN
    available_ = result.checks[0].verdict
    assert available_.outcome is UNKNOWN
    assert gate in available_.reason


def test_requests_abandoned_by_a_stop_are_accounted_for(tmp_path: Path) -> None:
    """What was under way when a load was stopped has no row, and its generator says how many that were."""
    history = _history()
    rows_ = len(history.requests)
    account = (Generated("shoppers", "client-eu", rows_ + 3, rows_ + 3, 3),)
    result = judge(FOUND, "guarded", replace(history, generated=account), tmp_path)
    assert result.verdict is PASS, result.reason


def test_a_leftover_fails_the_run(tmp_path: Path) -> None:
    """What is left behind is a failure of its own, however well the system did."""
    left = Event(31 * NS, "audit", "run", "left", {"left": ["process 7 (island)"]})
    history = _history()
    result = judge(FOUND, "guarded", replace(history, events=(*history.events, left)), tmp_path)
    assert result.verdict is FAIL
    assert "process 7 (island)" in result.reason


def test_a_run_without_an_audit_is_unknown(tmp_path: Path) -> None:
    """A run that was killed before its audit has not shown that it left nothing."""
    history = _history()
    result = judge(FOUND, "guarded", replace(history, events=history.events[:-1]), tmp_path)
    assert result.verdict is UNKNOWN


def _of_stopped_run(check_: Check, at_s: int) -> ArmResult:
    """The verdicts of a run with one check, in which requests fail from 20 to 25 s, stopped at a moment."""
    changed = replace(experiment, checks=[check_], twins=[])
    found = replace(FOUND, experiment=changed, names=name_parts(changed, globals()))
    history = replace(_history(Outcome.UNAVAILABLE), names=found.names)
    events = (*history.events, Event(at_s * NS, "phase", "heal", "begin"))
    stopped = replace(history, events=events, meta=replace(history.meta, stopped="guard x"))
    return judge(found, "guarded", stopped, Path())


def test_of_a_stopped_run_only_what_had_failed_by_then_stands() -> None:
    """A check whose windows were over keeps its failure; all others are unknown."""
    aftermath = window(after=begin(outage), delay="10s", lasting="5s").named("aftermath")
    after = availability(shoppers, at_least=0.9, during=aftermath).named("after")
    early = _of_stopped_run(after, 24)
    assert early.verdict is UNKNOWN
    assert early.reason == "stopped: guard x"
    assert _of_stopped_run(after, 26).verdict is FAIL


def test_what_lies_outside_a_window_is_not_over_before_the_run_is() -> None:
    """Failures soon after a window may be too many of the few requests so far, and few enough of all to come."""
    assert _of_stopped_run(available, 26).verdict is UNKNOWN
    aftermath = window(after=begin(outage), delay="10s", lasting="5s").named("aftermath")
    both = availability(shoppers, at_least=0.9, during=aftermath, outside=failover).named("both")
    assert _of_stopped_run(both, 26).verdict is FAIL


def test_a_check_that_raises_is_unknown_and_takes_no_other_with_it(tmp_path: Path) -> None:
    """A crashed check says what it raised; the others keep their verdicts."""

    @check
    def crashes(history: History) -> Verdict:
        raise ZeroDivisionError("by nothing")

    @check
    def fine(history: History) -> Verdict:
        return passed("fine")

    found = _found_with([crashes(), fine()])
    result = judge(found, "guarded", replace(_history(), names=found.names), tmp_path)
    assert [one.verdict.outcome for one in result.checks] == [UNKNOWN, PASS, PASS]
    assert "by nothing" in result.checks[0].verdict.reason


def _found_with(checks: list[object]) -> Found:
    other = replace(experiment, checks=checks, twins=[])  # type: ignore[arg-type]
    return replace(FOUND, experiment=other, names=name_parts(other, globals()))


def test_a_twin_is_proved_when_it_fails_as_it_must(tmp_path: Path) -> None:
    """The named check failed, all gates held: proved, with the numbers."""
    result = judge(FOUND, twin.name, _history(Outcome.UNAVAILABLE), tmp_path)
    proof = prove_twin(FOUND, twin, result)
    assert proof.proved
    assert proof.reasons[0].startswith("available failed: ")


@pytest.mark.parametrize(
    ("history", "why"),
    [
        (_history(), "had to fail, and says pass"),
        (_lost(_history(Outcome.UNAVAILABLE)), "the gate 'every arrival accounted for' is broken"),
        (_few(), "had to fail, and says unknown"),
    ],
)
def test_a_twin_that_passes_or_cannot_tell_is_not_proved(tmp_path: Path, history: History, why: str) -> None:
    """Neither a pass nor an unknown shows that the check notices the mistake."""
    proof = prove_twin(FOUND, twin, judge(FOUND, twin.name, history, tmp_path))
    assert not proof.proved
    assert any(why in reason for reason in proof.reasons)


def test_a_failure_that_the_mistake_does_not_explain_is_not_proof(tmp_path: Path) -> None:
    """A check outside must_fail and may_fail has to pass on the twin."""

    @check
    def other(history: History) -> Verdict:
        return failed("something else broke")

    extra = other()
    wider = replace(experiment, checks=[available, extra], twins=[twin])
    found = replace(FOUND, experiment=wider, names=name_parts(wider, {**globals(), "extra": extra}))
    history = replace(_history(Outcome.UNAVAILABLE), names=found.names)
    proof = prove_twin(found, twin, judge(found, twin.name, history, tmp_path))
    assert not proof.proved
    assert "extra says fail, which the mistake does not explain" in proof.reasons[0]


def test_a_twin_that_does_not_come_up_is_not_proved() -> None:
    """No run, no proof; the reason says why it did not run."""
    proof = never_ran(twin, "named is not installed")
    assert not proof.proved
    assert proof.reasons == ("it did not run: named is not installed",)


def test_a_daemon_that_ended_by_itself_is_named_where_it_may_be_the_reason() -> None:
    """In what did not pass, and beside the reason of a run that passed; what passed is not told to doubt itself."""
    ended = Event(4 * NS, "host", "web-1", "exited", {"why": "exited", "exit_code": 1})
    note = "; note: web-1 ended by itself at 4 s, exit code 1"
    fine = judge(FOUND, "guarded", _history(events=(*EVENTS, ended)), Path())
    assert fine.reason == f"all 2 checks passed{note}"
    assert note not in fine.checks[0].verdict.reason
    bad = judge(FOUND, "guarded", _history(Outcome.RESET, events=(*EVENTS, ended)), Path())
    assert bad.checks[0].verdict.outcome is FAIL
    assert bad.checks[0].verdict.reason.endswith(note)
    assert bad.reason.count(note) == 1
