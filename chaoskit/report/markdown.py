"""Markdown to paste into a postmortem: claim, verdicts, timeline in UTC, impact, and how to repeat it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chaoskit.core.result import ExperimentResult, Judged
from chaoskit.core.units import show_duration, show_share
from chaoskit.report.model import RunModel, model_of
from chaoskit.report.model.environment import flat

_SPECIAL = re.compile(r"([\\`*|\[\]]|<(?=[A-Za-z/!?])|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")
"""What GitHub's Markdown reads as markup; an underscore inside a word and a comparison are none."""


def render(result: ExperimentResult, models: Sequence[RunModel] | None = None) -> str:
    """The whole report; `models` saves computing them again."""
    lines = [f"# {_text(result.experiment)}: {result.verdict}", "", f"> {_text(result.claim)}", ""]
    lines += _proofs(result)
    for model in models if models is not None else [model_of(arm) for arm in result.arms]:
        lines += [*_arm(model), ""]
    if result.compares:
        lines += ["## Arms compared", "", *_verdicts(result.compares), ""]
    lines += ["## Attempts", "", *(f"- {_text(attempt)}" for attempt in result.attempts), ""] if result.attempts else []
    return "\n".join(lines).rstrip() + "\n"


def _proofs(result: ExperimentResult) -> list[str]:
    lines = []
    for proof in result.proofs:
        said = "proved" if proof.proved else "NOT proved"
        lines.append(f"- Twin **{_text(proof.mistake)}**: {said}. {_text('; '.join(proof.reasons))}")
    return [*lines, ""] if lines else []


def _arm(model: RunModel) -> list[str]:
    arm = model.arm
    title = f"{arm.arm} ({arm.mistake})" if arm.mistake and arm.mistake != arm.arm else arm.arm
    stopped = [f"Stopped early: {_text(arm.history.meta.stopped)}", ""] if arm.history.meta.stopped else []
    return [
        f"## {_text(title)}: {arm.verdict}",
        "",
        *([_text(arm.reason), ""] if arm.reason else []),
        *stopped,
        *_verdicts([*arm.gates, *arm.checks], gates=len(arm.gates)),
        "",
        f"### Timeline (UTC, {model.utc.date()})" if model.utc.known else "### Timeline",
        "",
        *_timeline(model),
        "",
        "### Impact",
        "",
        *_impact(model),
        "",
        "### To repeat it",
        "",
        "```sh",
        arm.command,
        "```",
        "",
        *_environment(model),
        "",
    ]


def _verdicts(judged: Sequence[Judged], gates: int = 0) -> list[str]:
    lines = ["| verdict | check | measured | bound | reason |", "|---|---|---:|---:|---|"]
    for i, one in enumerate(judged):
        verdict = one.verdict
        name = f"gate {one.name}" if i < gates else one.name
        parts = f" ({verdict.bound.parts})" if verdict.bound and verdict.bound.parts else ""
        reason = " ".join(filter(None, (verdict.reason, verdict.remedy)))
        cells = (f"**{verdict.outcome}**", _text(name), _text(verdict.measured_text))
        lines.append(_row((*cells, _text(verdict.bound_text + parts), _text(reason))))
    return lines


def _timeline(model: RunModel) -> list[str]:
    lines = ["| UTC | T+ | what | |", "|---|---:|---|---|"]
    for one in model.milestones:
        lines.append(_row((model.utc.clock(one.t), f"{one.t / 1e9:.3f} s", one.what, _text(one.text))))
    return lines


def _impact(model: RunModel) -> list[str]:
    lines = ["| clients | requests | failed | never sent | longest outage |", "|---|---:|---:|---:|---|"]
    for one in model.impacts:
        share = f" ({show_share(one.failed / one.arrivals)})" if one.failed else ""
        outage = "none"
        if one.longest:
            from_ = model.utc.clock(one.longest.start) if model.utc.known else f"T+{one.longest.start / 1e9:.3f} s"
            open_end = "" if one.longest.over else ", not over at the end of load"
            outage = f"{show_duration(one.longest.length)} from {from_}{open_end}"
        cells = (_text(one.group), f"{one.arrivals:,}", f"{one.failed:,}{share}", f"{one.not_sent:,}", outage)
        lines.append(_row(cells))
    return lines if model.impacts else ["No requests were made."]


def _environment(model: RunModel) -> list[str]:
    meta = model.arm.history.meta
    pairs: list[tuple[str, str]] = [("run", meta.run), ("seed", str(meta.seed)), ("driver", meta.driver)]
    pairs += [(f"param {name}", str(value)) for name, value in meta.params.items()]
    pairs += list(flat(meta.environment))
    return [f"- {_text(name)}: {_text(value)}" for name, value in pairs]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _text(text: str) -> str:
    """Escape what Markdown would read as markup, and keep a table's row on its line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
