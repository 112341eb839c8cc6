"""Every report of a result, as files."""

from __future__ import annotations

from pathlib import Path

from chaoskit.core.result import ExperimentResult
from chaoskit.core.summary import Summary
from chaoskit.report import json, junit, markdown
from chaoskit.report.html import render as render_html
from chaoskit.report.model import model_of
from chaoskit.report.summary import html as summary_html
from chaoskit.report.summary import json as summary_json
from chaoskit.report.summary import markdown as summary_markdown
from chaoskit.report.whole import write_whole

SUMMARY = "summary.json"
"""The file of a summary's directory that says so."""


def write_all(result: ExperimentResult, directory: Path) -> None:
    """Write report.html, report.md, verdict.json and junit.xml, each whole or not at all.

    Raises:
        OSError: the directory cannot be written, or the disk is full.
    """
    models = [model_of(arm) for arm in result.arms]
    write_whole(directory / "verdict.json", json.render(result))
    write_whole(directory / "junit.xml", junit.render([result]))
    write_whole(directory / "report.md", markdown.render(result, models))
    write_whole(directory / "report.html", render_html(result, models))


def write_summary(summary: Summary) -> None:
    """Write index.html, summary.md, summary.json and junit.xml into the summary's directory.

    Raises:
        OSError: the directory cannot be written, or the disk is full.
    """
    directory = summary.directory
    write_whole(directory / SUMMARY, summary_json.render(summary))
    write_whole(directory / "junit.xml", junit.render(summary.results, summary.errors))
    write_whole(directory / "summary.md", summary_markdown.render(summary))
    write_whole(directory / "index.html", summary_html.render(summary))
