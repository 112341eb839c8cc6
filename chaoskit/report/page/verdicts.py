"""Verdicts: what was measured against what was demanded."""

from __future__ import annotations

from collections.abc import Sequence

from chaoskit.core.result import ArmResult, ExperimentResult, Judged, Proof
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN, Result, Verdict
from chaoskit.report.charts.bullet import bullet
from chaoskit.report.markup import Markup, el, join
from chaoskit.report.notices import notices

_MARKS = {PASS: "✓", FAIL: "✕", UNKNOWN: "?"}
_SENSES = {"<=": "≤", ">=": "≥", "==": "="}


def badge(outcome: Result) -> Markup:
    """The verdict as a word with a mark; colour alone says nothing."""
    return el("span", el("span", _MARKS[outcome], aria_hidden="true"), f" {outcome}", class_=f"badge {outcome}")


def arm_verdicts(arm: ArmResult) -> Markup:
    """The checks of one arm and its gates; broken gates come first, as they decide over every check."""
    said = [el("p", el("b", f"{head}: ") if head else None, text, class_="reason") for head, text in notices(arm)]
    tables = [table("Checks", arm.checks), table("Gates", arm.gates, small=True)]
    broken = any(gate.verdict.outcome is not PASS for gate in arm.gates)
    return join(*said, *(reversed(tables) if broken else tables))


def table(title: str, judged: Sequence[Judged], *, small: bool = False) -> Markup:
    """A table of verdicts; without any, a line that says so."""
    if not judged:
        return el("p", f"{title}: none", class_="none")
    head = el("tr", *(el("th", text, scope="col") for text in ("Verdict", title, "Measured against bound")))
    rows = [_row(one) for one in judged]
    return el(
        "table",
        el("thead", head),
        el("tbody", *rows),
        class_="verdicts small" if small else "verdicts",
        aria_label=title,
    )


def _row(judged: Judged) -> Markup:
    verdict = judged.verdict
    bound = f" {_demanded(verdict)}" if verdict.bound else ""
    measured = el("b", verdict.measured_text) if verdict.measured is not None else el("small", "no number")
    code = el("code", judged.title) if judged.title != judged.name else None
    few = f"{verdict.samples:,} samples" if verdict.samples is not None else ""
    needed = f"{verdict.needed:,} needed" if verdict.needed is not None else ""
    basis = ", ".join(filter(None, (few, needed)))
    parts = verdict.bound.parts if verdict.bound else ""
    name = el("th", el("b", judged.name), code, el("p", verdict.reason), _remedy(judged), scope="row")
    numbers = el("span", measured, el("span", bound), class_="numbers")
    notes = [el("small", text) for text in (parts, basis) if text]
    return el("tr", el("td", badge(verdict.outcome)), name, el("td", numbers, bullet(verdict), *notes))


def _demanded(verdict: Verdict) -> str:
    """The bound with the signs that people write; an interval by both its ends."""
    sense, _, value = verdict.bound_text.partition(" ")
    within = verdict.bound is not None and verdict.bound.upper is not None
    return f"in {verdict.bound_text}" if within else f"{_SENSES.get(sense, sense)} {value}"


def _remedy(judged: Judged) -> Markup | None:
    return el("p", judged.verdict.remedy, class_="remedy") if judged.verdict.remedy else None


def proofs(result: ExperimentResult) -> Markup:
    """What each twin had to show, and whether it did."""
    return el("ul", *map(_proof, result.proofs), class_="proofs") if result.proofs else Markup("")


def _proof(proof: Proof) -> Markup:
    mark = el(
        "span", "✓ proved" if proof.proved else "? not proved", class_=f"badge {PASS if proof.proved else UNKNOWN}"
    )
    if len(proof.reasons) <= 1:
        return el("li", mark, " Twin ", el("b", proof.mistake), *(f": {reason}" for reason in proof.reasons))
    further = el("ul", *(el("li", reason) for reason in proof.reasons[1:]))
    folded = el("details", el("summary", f"{len(proof.reasons) - 1} more"), further)
    return el("li", mark, " Twin ", el("b", proof.mistake), f": {proof.reasons[0]}", folded)
