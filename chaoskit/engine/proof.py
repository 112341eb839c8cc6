"""Proof: a twin is proved when it failed as it must, and nowhere else. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from chaoskit.core.arm import Twin
from chaoskit.core.result import ArmResult, Proof
from chaoskit.core.verdict import FAIL, PASS
from chaoskit.engine.found import Found


def prove_twin(found: Found, twin: Twin, result: ArmResult) -> Proof:
    """Whether a twin's run shows that the checks notice its mistake, and why not."""
    problems = tuple(_problems(found, twin, result))
    return Proof(twin.name, twin.mistake, not problems, problems or tuple(_shown(found, twin, result)))


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
