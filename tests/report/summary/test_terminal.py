from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from chaoskit.report.summary.terminal import print_summary
from tests.report.summary import made


def printed(runs: Path, *, terminal: bool) -> str:
    """What lands on a console of a hundred columns, without its colours."""
    text = io.StringIO()
    console = Console(
        file=text, width=100, force_terminal=terminal or None, color_system=None, _environ={"TERM": "xterm"}
    )
    print_summary(made.summary(runs), console)
    return text.getvalue()


def test_a_hundred_columns_hold_every_figure(tmp_path: Path) -> None:
    """Nothing of the table is cut or folded in the middle of a number; each experiment is named once above its arms."""
    text = printed(tmp_path, terminal=True)
    table = text.partition("confirmed by")[0]
    assert all(len(line) <= 100 for line in table.splitlines())
    assert "…" not in table
    for words in (["plain-dns", "proved", "recovered fail", "13.11 s", "<= 8 s", "71 s (2x)"], ["available", "11,020"]):
        assert any(all(word in line for word in words) for line in table.splitlines()), words
    assert table.count("gslb.pool_death") == 1
    assert "outage: web-eu-1: process 4100 is gone" in text


def test_in_a_pipe_a_line_is_a_row(tmp_path: Path) -> None:
    """Each line of the table says experiment, arm, verdict and check, whatever its length: grep and awk find it."""
    lines = printed(tmp_path, terminal=False).splitlines()
    rows = [line.split() for line in lines if line.startswith(" gslb.pool_death")]
    assert [row[:5] for row in rows] == [
        ["gslb.pool_death", "guarded", "pass", "recovered", "pass"],
        ["gslb.pool_death", "guarded", "pass", "available", "pass"],
        ["gslb.pool_death", "plain-dns", "proved", "recovered", "fail"],
        ["gslb.pool_death", "plain-dns", "proved", "available", "fail"],
    ]
    assert all("process 4100 is gone" in " ".join(row) for row in rows)
    assert "\x1b" not in "".join(lines)
    assert [line for line in lines if line != line.rstrip()] == []


def test_it_says_what_to_look_into_what_was_repeated_and_where_the_index_is(tmp_path: Path) -> None:
    """Each on a line of its own."""
    text = printed(tmp_path, terminal=False)
    assert "lb.ejects_dead[nginx] plain-dns: not proved: recovered had to fail" in text
    assert "vip.failover: error: keepalived is missing apt-get install keepalived" in text
    assert f"attempt: lb.ejects_dead[nginx] {made.AGAIN}" in text
    assert str(made.summary(tmp_path).directory / "index.html") in text
    assert "repeat   chaoskit prove --all --jobs 2" in text
