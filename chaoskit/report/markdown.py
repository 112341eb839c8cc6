"""Markdown to paste into a postmortem: claim, verdicts, timeline in UTC, impact, and how to repeat it."""

from __future__ import annotations

from collections.abc import Sequence

from chaoskit.core.result import ExperimentResult, Judged
from chaoskit.core.units import show_duration, show_share
from chaoskit.report.gfm import escaped, table_row
from chaoskit.report.model import RunModel, model_of
from chaoskit.report.model.environment import flat
from chaoskit.report.notices import notices


def render(result: ExperimentResult, models: Sequence[RunModel] | None = None) -> str:
    """The whole report; `models` saves computing them again."""
    lines = [f"# {escaped(result.experiment)}: {result.verdict}", "", f"> {escaped(result.claim)}", ""]
    lines += _proofs(result)
    for model in models if models is not None else [model_of(arm) for arm in result.arms]:
        lines += [*_arm(model), ""]
    if result.compares:
        lines += ["## Arms compared", "", *_verdicts(result.compares), ""]
    lines += (
        ["## Attempts", "", *(f"- {escaped(attempt)}" for attempt in result.attempts), ""] if result.attempts else []
    )
    return "\n".join(lines).rstrip() + "\n"


def _proofs(result: ExperimentResult) -> list[str]:
    lines = []
    for proof in result.proofs:
        said = "proved" if proof.proved else "NOT proved"
        lines.append(f"- Twin **{escaped(proof.mistake)}**: {said}. {escaped('; '.join(proof.reasons))}")
    return [*lines, ""] if lines else []


def _arm(model: RunModel) -> list[str]:
    arm = model.arm
    title = f"{arm.arm} ({arm.mistake})" if arm.mistake and arm.mistake != arm.arm else arm.arm
    said = [escaped(f"{head}: {text}" if head else text) for head, text in notices(arm)]
    return [
        f"## {escaped(title)}: {arm.verdict}",
        "",
        *(line for text in said for line in (text, "")),
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
        cells = (f"**{verdict.outcome}**", escaped(name), escaped(verdict.measured_text))
        lines.append(table_row((*cells, escaped(verdict.bound_text + parts), escaped(reason))))
    return lines


def _timeline(model: RunModel) -> list[str]:
    lines = ["| UTC | T+ | what | |", "|---|---:|---|---|"]
    for one in model.milestones:
        lines.append(table_row((model.utc.clock(one.t), f"{one.t / 1e9:.3f} s", one.what, escaped(one.text))))
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
        cells = (escaped(one.title), f"{one.arrivals:,}", f"{one.failed:,}{share}", f"{one.not_sent:,}", outage)
        lines.append(table_row(cells))
    return lines if model.impacts else ["No requests were made."]


def _environment(model: RunModel) -> list[str]:
    meta = model.arm.history.meta
    pairs: list[tuple[str, str]] = [("run", meta.run), ("seed", str(meta.seed)), ("driver", meta.driver)]
    pairs += [(f"param {name}", str(value)) for name, value in meta.params.items()]
    pairs += list(flat(meta.environment))
    return [f"- {escaped(name)}: {escaped(value)}" for name, value in pairs]
