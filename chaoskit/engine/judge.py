"""Judging: gates first, then checks. Reads the history alone, so it can be done again anywhere."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from chaoskit.core.check import Check
from chaoskit.core.errors import Undefined
from chaoskit.core.history import History
from chaoskit.core.result import ArmResult, Judged
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN, Verdict, failed, passed, unknown
from chaoskit.core.window import Span, Window
from chaoskit.engine.found import Found
from chaoskit.engine.gates import gates_of
from chaoskit.engine.title import title
from chaoskit.engine.unplanned import unplanned_exits
from chaoskit.labs.drivers import ATTACHED, DOCKER


def judge(found: Found, arm: str, history: History, directory: Path) -> ArmResult:
    """The verdicts of one run.

    Raises:
        KeyError: the experiment has no such arm any more.
    """
    twin = found.experiment.twin(arm)
    gates = tuple(_gate(gate.name, gate.judge(history)) for gate in gates_of(found))
    broken = next((gate for gate in gates if gate.verdict.outcome is not PASS), None)
    checks = [*found.experiment.checks, *(twin.checks if twin else ())]
    noted = unplanned_exits(history)
    judged = tuple(_noting(_judged(check, history, broken), noted) for check in checks)
    result = ArmResult(
        arm,
        twin.mistake if twin else "",
        directory,
        history,
        gates,
        (*judged, _audit(history)),
        command(found, arm, history),
    )
    return replace(result, reason=reason(result) + ("" if result.verdict is not PASS else _notes(noted)))


def command(found: Found, arm: str, history: History) -> str:
    """The command line that repeats a run."""
    words = ["chaoskit", "run", found.operand, "--arm", arm, "--seed", str(history.meta.seed)]
    for name, value in history.meta.params.items():
        words += ["--set", f"{name}={value}"]
    words += ["--attach", history.topology.name] if history.meta.driver == ATTACHED else []
    words += ["--driver", DOCKER] if history.meta.driver == DOCKER else []
    return shlex.join(words)


def reason(result: ArmResult) -> str:
    """Why the verdict is what it is, in a sentence."""
    if result.verdict is PASS:
        return f"all {len(result.checks)} checks passed" if result.checks else "no check was asked for"
    stopped = result.history.meta.stopped
    if stopped and result.verdict is UNKNOWN:
        return f"stopped: {stopped}"
    first = next(one for one in (*result.gates, *result.checks) if one.verdict.outcome is result.verdict)
    return f"{first.name}: {first.verdict.reason}"


def _gate(name: str, verdict: Verdict) -> Judged:
    # A broken gate says that nothing can be said; it never says that the system failed.
    outcome = PASS if verdict.outcome is PASS else UNKNOWN
    return Judged(name, name, replace(verdict, outcome=outcome))


def _judged(check: Check, history: History, broken: Judged | None) -> Judged:
    spans = dict(_spans(check, history))
    verdict = check.judge(history)
    if broken:
        verdict = verdict.because_gate(broken.name)
    elif history.meta.stopped:
        verdict = _of_stopped_run(check, verdict, spans, history)
    return Judged(history.names.of(check), title(check, history.names), verdict, spans)


def _noting(judged: Judged, notes: Sequence[str]) -> Judged:
    """What did not pass may have its cause in what was not planned; the first thing to look at."""
    verdict = judged.verdict
    if verdict.outcome is PASS or not notes:
        return judged
    return replace(judged, verdict=replace(verdict, reason=verdict.reason + _notes(notes)))


def _notes(notes: Sequence[str]) -> str:
    more = f" and {len(notes) - 2} more" if len(notes) > 2 else ""
    return f"; note: {', '.join(notes[:2])}{more}" if notes else ""


def _of_stopped_run(check: Check, verdict: Verdict, spans: Mapping[str, Span], history: History) -> Verdict:
    """A run that was stopped has not shown what would have come; only what had failed by then stands."""
    over = bool(spans) and all(span.end <= _end(history) for span in spans.values())
    # What lies outside a window goes on to the end of the run, unless another window holds it.
    open_ended = check.arguments.get("outside") is not None and check.arguments.get("during") is None
    if verdict.outcome is FAIL and over and not open_ended:
        return verdict
    return unknown(f"the run was stopped ({history.meta.stopped}) before this could be judged")


def _end(history: History) -> int:
    stops = [event.t for event in history.events if event.kind == "phase" and event.subject == "heal"]
    return min(stops, default=history.meta.duration)


def _spans(check: Check, history: History) -> Iterator[tuple[str, Span]]:
    for value in check.arguments.values():
        if isinstance(value, Window):
            try:
                yield history.names.of(value), history.span(value)
            except Undefined:
                continue  # the check itself says that the window never was


def _audit(history: History) -> Judged:
    """A leftover fails the run, whatever the rest says."""
    audits = [event for event in history.events if event.kind == "audit"]
    if not audits:
        verdict = unknown("the run ended before it could be audited", remedy="Run `chaoskit sweep`.")
    else:
        left = audits[-1].data.get("left")
        found = [str(one) for one in left] if isinstance(left, list) else []
        verdict = failed(f"left behind: {'; '.join(found)}") if found else passed("nothing of the run is left")
    return Judged("clean", "nothing of the run is left behind", verdict)
