"""Every report of a result, as files."""

from __future__ import annotations

from pathlib import Path

from chaoskit.core.result import ExperimentResult
from chaoskit.report import json, junit, markdown
from chaoskit.report.html import render as render_html
from chaoskit.report.model import model_of


def write_all(result: ExperimentResult, directory: Path) -> None:
    """Write report.html, report.md, verdict.json and junit.xml, each whole or not at all.

    Raises:
        OSError: the directory cannot be written, or the disk is full.
    """
    models = [model_of(arm) for arm in result.arms]
    _write(directory / "verdict.json", json.render(result))
    _write(directory / "junit.xml", junit.render([result]))
    _write(directory / "report.md", markdown.render(result, models))
    _write(directory / "report.html", render_html(result, models))


def _write(path: Path, text: str) -> None:
    """Write beside and rename, so that a reader never sees half a file."""
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
