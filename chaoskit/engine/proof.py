"""Proof: a twin is proved when it failed as it must, and nowhere else; and arms are compared. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chaoskit.core.arm import Twin
from chaoskit.core.check import Comparison
from chaoskit.core.result import ArmResult, Judged, Proof
from chaoskit.core.verdict import FAIL, PASS, unknown
from chaoskit.engine.found import Found
from chaoskit.engine.title import title


def prove_twin(found: Found, twin: Twin, result: ArmResult) -> Proof:
    """Whether a twin's run shows that the checks notice its mistake, and why not."""
    problems = tuple(_problems(found, twin, result))
    must = tuple(found.names.of(check) for check in twin.must_fail)
    return Proof(twin.name, twin.mistake, not problems, problems or tuple(_shown(found, twin, result)), must)


def never_ran(twin: Twin, error: str) -> Proof:
    """A twin that did not come up proves nothing."""
    return Proof(twin.name, twin.mistake, False, (f"it did not run: {error}",))


def _problems(found: Found, twin: Twin, result: ArmResult) -> Iterator[str]:
    broken = [gate for gate in result.gates if gate.verdict.outcome is not PASS]
    for gate in broken:
        verdict = gate.verdict
        measured = f" ({verdict.measured_text}, {verdict.bound_text} wanted)" if verdict.bound else ""
        yield f"the gate '{gate.name}' is broken: {verdict.reason}{measured}. {verdict.remedy}".rstrip(" .")
    if broken:
        return  # every check is unknown for this very reason, which need not be said of each
    must = {found.names.of(check) for check in twin.must_fail}
    may = {found.names.of(check) for check in twin.may_fail}
    for check in result.checks:
        outcome = check.verdict.outcome
        if check.name in must and outcome is not FAIL:
            yield f"{check.name} had to fail, and says {outcome}: {check.verdict.reason}"
        if check.name not in must | may and outcome is not PASS:
            yield f"{check.name} says {outcome}, which the mistake does not explain: {check.verdict.reason}"


def _shown(found: Found, twin: Twin, result: ArmResult) -> Iterator[str]:
    must = {found.names.of(check) for check in twin.must_fail}
    for check in result.checks:
        if check.name in must:
            verdict = check.verdict
            yield f"{check.name} failed: {verdict.measured_text} against {verdict.bound_text} ({verdict.reason})"


def compared(found: Found, compares: Sequence[Comparison], arms: Sequence[ArmResult]) -> Iterator[Judged]:
    """The verdicts of the comparisons of arms; a broken gate of any arm makes them unknown."""
    histories = {arm.arm: arm.history for arm in arms}
    broken = [f"{gate.name} ({arm.arm})" for arm in arms for gate in arm.gates if gate.verdict.outcome is not PASS]
    for comparison in compares:
        try:
            verdict = comparison.decide(histories)
        except Exception as error:  # noqa: BLE001  a crashed check is unknown, and takes no other verdict with it
            verdict = unknown(f"the comparison itself failed: {type(error).__name__}: {error}")
        said = verdict.because_gate(broken[0]) if broken else verdict
        yield Judged(found.names.of(comparison), title(comparison, found.names), said)
