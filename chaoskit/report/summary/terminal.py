"""The summary on a console: a table that fits a hundred columns, and a line a row where nobody's terminal decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from chaoskit.core.result import Judged
from chaoskit.core.summary import Summary
from chaoskit.report.summary.rows import Row, counts_text, effort_text, rows_of, samples_text
from chaoskit.report.terminal import STYLES
from chaoskit.report.unpadded import print_table

_ENDLESS = 1000
"""Columns of a console that is no terminal: nothing is folded there, so that a line is a row for grep and awk."""


def print_summary(summary: Summary, console: Console) -> None:
    """The table, why rows are not what they should be, what confirmed each fault, and where the index is."""
    rows = rows_of(summary)
    if console.is_terminal:
        console.print(_table(rows, grouped=True))
        _print_list("confirmed by", [(row, row.confirmed) for row in rows if row.evidence], console)
    else:
        print_table(_table(rows, grouped=False), console, _ENDLESS)
    _print_list("to look into", [(row, f"{row.word}: {row.why}") for row in rows if row.why], console)
    for attempt in (line for result in summary.results for line in _attempts(result.experiment, result.attempts)):
        console.print(Text(attempt, style="dim"), soft_wrap=not console.is_terminal)
    if summary.stopped:
        console.print(Text(f"stopped  {summary.stopped}", style="yellow"))
    console.print(Text(f"total    {counts_text(summary)}; {effort_text(summary)}"), soft_wrap=True)
    console.print(Text(f"report   {summary.directory / 'index.html'}"), soft_wrap=True)
    console.print(Text(f"repeat   {summary.command}"), soft_wrap=True)


def _attempts(experiment: str, attempts: Sequence[str]) -> Iterator[str]:
    return (f"attempt: {experiment} {line}" for line in attempts)


def _table(rows: Sequence[Row], *, grouped: bool) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), collapse_padding=True)
    for heading in ["experiment"] if grouped else ["experiment", "arm"]:
        table.add_column(heading, overflow="fold", no_wrap=not grouped, min_width=18)
    table.add_column("verdict", no_wrap=True)
    table.add_column("check", overflow="fold", no_wrap=not grouped)
    for heading in ("measured", "bound", "n", "time"):
        table.add_column(heading, justify="right", no_wrap=True)
    if not grouped:
        table.add_column("confirmed by", no_wrap=True)
    before = ""
    for row in rows:
        if grouped and row.experiment != before:
            before = row.experiment
            table.add_row(Text(row.experiment, style="bold"))
        for line in _lines(row, grouped=grouped):
            table.add_row(*line)
    return table


def _lines(row: Row, *, grouped: bool) -> Iterator[Sequence[Text]]:
    """A line a check that is shown; where a person looks, what is said of the whole row stands in the first only."""
    name = [f"  {row.arm}"] if grouped else [row.experiment, row.arm]
    whole = [*map(Text, name), Text(row.word, style=STYLES[row.outcome])]
    last = [Text(row.time)] if grouped else [Text(row.time), Text(row.confirmed)]
    for number, judged in enumerate(row.shown or [None]):
        if grouped and number:
            whole, last = [Text("") for _ in whole], [Text("") for _ in last]
        yield [*whole, *_figures(judged), *last]


def _figures(judged: Judged | None) -> Sequence[Text]:
    if judged is None:
        return [Text(""), Text(""), Text(""), Text("")]
    verdict = judged.verdict
    check = Text(f"{judged.name} {verdict.outcome}")
    return [check, Text(verdict.measured_text), Text(verdict.bound_text), Text(samples_text(judged))]


def _print_list(title: str, lines: Sequence[tuple[Row, str]], console: Console) -> None:
    if lines:
        console.print(Text(title, style="bold"))
    for row, text in lines:
        console.print(Text(f"  {row.name}: {' '.join(text.split())}"), soft_wrap=not console.is_terminal)
