from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console

from chaoskit.core.result import ExperimentResult, Proof
from chaoskit.report.live import Live
from chaoskit.report.plain import Plain
from chaoskit.report.terminal import print_result, progress_for
from tests.report import synthetic


def printed(result: ExperimentResult, *, terminal: bool = False) -> str:
    """What lands on a console of a hundred columns."""
    text = io.StringIO()
    environment = {"TERM": "xterm-256color"}
    print_result(result, Console(file=text, width=100, force_terminal=terminal or None, _environ=environment))
    return text.getvalue()


def test_every_verdict_is_shown_with_its_bound(proved: ExperimentResult) -> None:
    """Both arms, gates among them, the proof, the report's path and the command to repeat it."""
    text = printed(proved)
    assert text.count("gate steady") == 2
    for words in (["pass", "recovered", "5.91 s", "<= 8 s"], ["fail", "recovered", "13.11 s", "<= 8 s"]):
        assert any(all(word in line for word in words) for line in text.splitlines())
    assert "proved  twin 'plain DNS'" in text
    assert str(proved.directory / "report.html") in text
    assert "chaoskit prove gslb.pool_death --seed 7" in text


def test_colour_is_for_terminals_only(proved: ExperimentResult) -> None:
    """A pipe gets words without escape codes; the words are the same."""
    assert "\x1b[" not in printed(proved)
    assert "\x1b[" in printed(proved, terminal=True)


def test_text_of_others_is_no_markup(single: ExperimentResult) -> None:
    """Brackets in a claim or a mistake are printed, not interpreted."""
    odd = replace(single, claim="all [bold]of[/bold] it", proofs=(Proof("t", "[red]x", False, ("[/]",)),))
    assert "all [bold]of[/bold] it" in printed(odd)
    assert "twin '[red]x': [/]" in printed(odd)


def test_an_unknown_names_its_remedy(single: ExperimentResult) -> None:
    """Whoever cannot be told is told what to change."""
    arm = replace(single.arms[0], checks=(synthetic.unknown_judged(),))
    assert "Raise the rate." in printed(replace(single, arms=(arm,)))


def test_a_pipe_gets_lines_and_a_terminal_a_view() -> None:
    """Nobody has to ask for it."""
    assert isinstance(progress_for(Console(file=io.StringIO())), Plain)
    assert isinstance(progress_for(Console(file=io.StringIO(), force_terminal=True, _environ={"TERM": "xterm"})), Live)
    assert isinstance(progress_for(Console(file=io.StringIO(), force_terminal=True, _environ={"TERM": "dumb"})), Plain)
