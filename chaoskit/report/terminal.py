"""The terminal: verdicts after a run. Colour only where there is a terminal to show it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from chaoskit.core.progress import Progress
from chaoskit.core.result import ArmResult, ExperimentResult, Judged, Proof
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN, Result
from chaoskit.report.live import Live
from chaoskit.report.notices import notices
from chaoskit.report.plain import Plain
from chaoskit.report.unpadded import print_table

STYLES = {PASS: "green", FAIL: "bold red", UNKNOWN: "yellow"}


def progress_for(console: Console) -> Progress:
    """Who watches a run on this console: a live view on a terminal, lines elsewhere.

    Hand it a console on stderr: stdout is for what machines read. Close it when the run is over.
    """
    return Live(console) if console.is_terminal and not console.is_dumb_terminal else Plain(console)


def print_result(result: ExperimentResult, console: Console) -> None:
    """The verdict table of every arm, the proofs, and where the report is."""
    console.print(Text.assemble((result.experiment, "bold"), "  ", result.claim))
    for arm in result.arms:
        _print_arm(arm, console)
    if result.compares:
        print_table(_table("arms compared", result.compares, 0), console)
    for proof in result.proofs:
        console.print(_proof(proof))
    for attempt in result.attempts:
        console.print(Text(f"attempt: {attempt}", style="dim"))
    _print_end(result, console)


def _print_arm(arm: ArmResult, console: Console) -> None:
    title = f"{arm.arm}: {arm.mistake}" if arm.mistake else arm.arm
    print_table(_table(title, [*arm.gates, *arm.checks], len(arm.gates)), console)
    for head, text in notices(arm):
        console.print(Text(f"{head.lower()}: {text}" if head else text))


def _table(title: str, judged: Sequence[Judged], gates: int) -> Table:
    table = Table(box=SIMPLE_HEAD, title=escape(title), title_justify="left", title_style="bold", pad_edge=False)
    table.add_column("verdict", no_wrap=True)
    table.add_column("check", overflow="fold")
    table.add_column("measured", justify="right", no_wrap=True)
    table.add_column("bound", justify="right", no_wrap=True)
    table.add_column("reason", overflow="fold", ratio=1)
    for i, one in enumerate(judged):
        name = f"gate {one.name}" if i < gates else one.name
        verdict = one.verdict
        cells = (Text(name), Text(verdict.measured_text), Text(verdict.bound_text), _reason(one))
        table.add_row(_word(verdict.outcome), *cells)
    return table


def _reason(judged: Judged) -> Text:
    verdict = judged.verdict
    text = Text(verdict.reason)
    if verdict.bound and verdict.bound.parts:
        text.append(f"\n{verdict.bound.parts}", style="dim")
    if verdict.outcome is UNKNOWN and verdict.remedy:
        text.append(f"\n{verdict.remedy}", style="yellow")
    return text


def _proof(proof: Proof) -> Text:
    word = ("proved", STYLES[PASS]) if proof.proved else ("not proved", STYLES[UNKNOWN])
    return Text.assemble(word, f"  twin '{proof.mistake}': {'; '.join(proof.reasons)}")


def _print_end(result: ExperimentResult, console: Console) -> None:
    console.print(Text.assemble("verdict  ", _word(result.verdict)))
    console.print(Text(f"report   {result.directory / 'report.html'}"), soft_wrap=True)
    console.print(Text(f"repeat   {result.command}"), soft_wrap=True)


def _word(outcome: Result) -> Text:
    return Text(str(outcome), style=STYLES[outcome])
