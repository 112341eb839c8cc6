"""Verdicts for machines: what `run --json` and `prove --json` print, and `verdict.json` holds.

Times are seconds, shares 0..1. A number that is not finite is null, as JSON knows no other.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from chaoskit.core.result import ArmResult, ExperimentResult, Judged
from chaoskit.core.step import Json


def run_object(result: ExperimentResult, arm: ArmResult) -> dict[str, Json]:
    """One run: `id`, `arm`, `run`, `verdict`, `gates`, `checks` and what repeats it."""
    meta = arm.history.meta
    return {
        "id": result.experiment,
        "claim": result.claim,
        "arm": arm.arm,
        "mistake": arm.mistake or None,
        "run": meta.run,
        "directory": str(arm.directory),
        "verdict": str(arm.verdict),
        "reason": arm.reason,
        "gates": _judged(arm.gates),
        "checks": _judged(arm.checks),
        "seed": meta.seed,
        "driver": meta.driver,
        "duration": meta.duration / 1e9,
        "params": dict(meta.params),
        "stopped": meta.stopped or None,
        "command": arm.command,
        "attempts": list(result.attempts),
    }


def prove_object(result: ExperimentResult) -> dict[str, Json]:
    """All arms: `id`, `proved`, `arms` (a run object each) and `proofs`."""
    return {
        "id": result.experiment,
        "claim": result.claim,
        "verdict": str(result.verdict),
        "proved": result.proved,
        "arms": [run_object(result, arm) for arm in result.arms],
        "proofs": [
            {"twin": p.twin, "mistake": p.mistake, "proved": p.proved, "reasons": list(p.reasons)}
            for p in result.proofs
        ],
        "compares": _judged(result.compares),
        "attempts": list(result.attempts),
    }


def render(result: ExperimentResult) -> str:
    """The run object of a single run, the prove object of several arms; ends with a line feed."""
    alone = len(result.arms) == 1 and not result.proofs
    value = run_object(result, result.arms[0]) if alone else prove_object(result)
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _judged(judged: Sequence[Judged]) -> list[Json]:
    return [_one(one) for one in judged]


def _one(judged: Judged) -> dict[str, Json]:
    verdict, bound = judged.verdict, judged.verdict.bound
    return {
        "name": judged.name,
        "title": judged.title,
        "verdict": str(verdict.outcome),
        "measured": _number(verdict.measured),
        "bound": _number(bound.value) if bound else None,
        "sense": bound.sense if bound else None,
        "parts": bound.parts if bound else "",
        "unit": str(verdict.unit),
        "samples": verdict.samples,
        "needed": verdict.needed,
        "reason": verdict.reason,
        "remedy": verdict.remedy,
        "windows": _windows(judged),
    }


def _windows(judged: Judged) -> dict[str, Json]:
    return {name: [span.start / 1e9, span.end / 1e9] for name, span in judged.spans.items()}


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
