"""The summary as Markdown, to paste into a merge request or a ticket."""

from __future__ import annotations

from chaoskit.core.result import Judged
from chaoskit.core.summary import Summary
from chaoskit.report.gfm import escaped, table_row
from chaoskit.report.summary.rows import Row, counts_text, effort_text, rows_of, samples_text


def render(summary: Summary) -> str:
    """A table with a row an arm, what is to be looked into, the attempts, and how to repeat it."""
    rows = rows_of(summary)
    lines = ["# Experiments proved", "", f"{counts_text(summary)}; {effort_text(summary)}.", ""]
    lines += [f"Stopped: {escaped(summary.stopped)}", ""] if summary.stopped else []
    lines += ["| experiment | arm | verdict | check | measured | bound | n | confirmed by | time |"]
    lines += ["|---|---|---|---|---:|---:|---:|---|---:|", *map(_row, rows), ""]
    wrong = [f"- {escaped(f'{row.name}: {row.word}: {row.why}')}" for row in rows if row.why]
    lines += ["## To look into", "", *wrong, ""] if wrong else []
    attempts = [
        f"- {escaped(result.experiment)} {escaped(line)}" for result in summary.results for line in result.attempts
    ]
    lines += ["## Attempts", "", *attempts, ""] if attempts else []
    return "\n".join([*lines, "## To repeat it", "", "```sh", summary.command, "```"]) + "\n"


def _row(row: Row) -> str:
    columns = list(zip(*map(_figures, row.shown), strict=True)) or [("",)] * 4
    figures = ["<br>".join(map(escaped, column)) for column in columns]
    head = (escaped(row.experiment), escaped(row.arm), f"**{row.word}**")
    return table_row((*head, *figures, escaped(row.confirmed), row.time))


def _figures(judged: Judged) -> tuple[str, str, str, str]:
    verdict = judged.verdict
    return f"{judged.name} {verdict.outcome}", verdict.measured_text, verdict.bound_text, samples_text(judged)
