from __future__ import annotations

from pathlib import Path

from chaoskit.report.summary.markdown import render
from tests.report.summary import made


def test_every_row_of_the_table_has_all_its_cells(tmp_path: Path) -> None:
    """Whatever experiments and errors hold, GitHub sees one table, and what to look into below it."""
    text = render(made.summary(tmp_path))
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len(table) == 2 + 5
    assert {line.replace("\\|", "").count("|") for line in table} == {10}
    assert "recovered fail<br>available fail" in text
    assert "- vip.failover: error: keepalived is missing apt-get install keepalived" in text
    assert made.AGAIN in text
