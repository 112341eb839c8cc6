"""The summary as an HTML index: every experiment with its arms, each linked to its report."""

from __future__ import annotations

import os
from pathlib import Path

from chaoskit.core.result import Judged
from chaoskit.core.summary import Item, Summary
from chaoskit.core.verdict import Result
from chaoskit.report.charts.bullet import bullet
from chaoskit.report.markup import Content, Markup, el, join
from chaoskit.report.page.document import document
from chaoskit.report.summary.rows import ERROR, Row, counts_text, effort_text, item_rows, samples_text, word_of

_MARKS = {Result.PASS: "✓", Result.FAIL: "✕", Result.UNKNOWN: "?"}
_HEADINGS = ("Arm", "Verdict", "Measured against bound", "Confirmed by", "Time")


def render(summary: Summary) -> str:
    """The whole document; its links are relative, so that the folder of all runs can be moved or served."""
    title = f"chaoskit: {len(summary.items)} of {summary.wanted} experiments"
    stopped = el("p", el("b", "Stopped: "), summary.stopped, class_="reason") if summary.stopped else None
    heading = el("tr", *(el("th", text, scope="col") for text in _HEADINGS))
    over = el("p", el("b", "chaoskit prove"), el("span", effort_text(summary)), class_="over")
    groups = [_group(item, summary.directory) for item in summary.items]
    attempts = [
        el("li", el("b", result.experiment), f" {line}") for result in summary.results for line in result.attempts
    ]
    return document(
        title,
        el("header", over, el("h1", counts_text(summary)), stopped),
        el("main", el("table", el("thead", heading), *groups, class_="catalogue", aria_label="Experiments")),
        el("section", el("h2", "Attempts"), el("ul", *attempts, class_="proofs")) if attempts else None,
        el("section", el("h2", "To repeat it"), el("p", el("code", summary.command), class_="repeat")),
    )


def _group(item: Item, here: Path) -> Markup:
    rows = list(item_rows(item))
    name: Content = el("b", item.experiment)
    if item.result:
        name = el("a", name, href=_link(item.result.directory / "report.html", here))
    worst = next((row for row in rows if not row.good), None)
    outcome = worst.outcome if worst else Result.PASS
    head = el("th", name, " ", _badge(word_of(item), outcome), el("p", item.claim), colspan=5.0, scope="rowgroup")
    return el("tbody", el("tr", head, class_="group"), *(_row(row, here) for row in rows))


def _row(row: Row, here: Path) -> Markup:
    arm: Content = row.arm
    if row.report is not None:
        arm = el("a", row.arm, href=_link(row.report, here))
    mistake = el("small", row.mistake) if row.mistake else None
    evidence = [el("p", el("b", seen.fault), f": {seen.whole}") for seen in row.evidence]
    why = el("p", row.why, class_="reason") if row.why else None
    return el(
        "tr",
        el("th", arm, mistake, scope="row"),
        el("td", _badge(row.word, row.outcome)),
        el("td", why, *(_figures(judged) for judged in row.shown)),
        el("td", *evidence, class_="evidence"),
        el("td", row.time, class_="num"),
    )


def _figures(judged: Judged) -> Markup:
    verdict = judged.verdict
    measured = el("b", verdict.measured_text)
    within = "in " if verdict.bound and verdict.bound.upper is not None else ""
    bound = f" {within}{verdict.bound_text}" if verdict.bound else ""
    samples = samples_text(judged)
    basis = el("small", f"{samples} sample{'' if samples == '1' else 's'}") if samples else None
    said = el("p", judged.name, f" {verdict.outcome}: ", measured, bound, " ", basis)
    return join(said, bullet(verdict)) if verdict.bound else said


def _badge(word: str, outcome: Result) -> Markup:
    mark = el("span", _MARKS[outcome], aria_hidden="true")
    return el("span", mark, f" {word}", class_=f"badge {Result.FAIL if word == ERROR else outcome}")


def _link(path: Path, here: Path) -> str:
    return Path(os.path.relpath(path, here)).as_posix()
