from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from chaoskit.report.page.logs import LINES, logs, tail
from tests.report import synthetic


def test_a_tail_is_the_last_lines(tmp_path: Path) -> None:
    """Of a file of any size, without reading all of it into the report."""
    file = tmp_path / "a.log"
    file.write_text("".join(f"line {i}\n" for i in range(100_000)))
    assert tail(file) == [f"line {i}" for i in range(100_000 - LINES, 100_000)]


def test_a_tail_is_text_whatever_the_file_holds(tmp_path: Path) -> None:
    """Escape codes are dropped, bytes that are no UTF-8 replaced, endless lines cut."""
    file = tmp_path / "a.log"
    file.write_bytes(b"\x1b[31mred\x1b[0m\x07\tend\n\xff\xfe\n" + b"x" * 5000 + b"\n")
    red, odd, long = tail(file)
    assert (red, odd) == ("red\tend", "��")
    assert len(long) == 300
    assert long.endswith("…")


def test_hosts_that_faults_hit_come_first_and_silent_ones_are_left_out(tmp_path: Path) -> None:
    """Markup in a log is text."""
    text = logs(synthetic.arm(tmp_path), ["web-eu-1"])
    assert text.index("web-eu-1") < text.index("lb-eu")
    assert "empty" not in text
    assert "Server eu/web &lt;DOWN&gt;" in text


def test_a_run_without_logs_says_so(tmp_path: Path) -> None:
    """Their folder need not exist."""
    arm = synthetic.arm(tmp_path)
    for file in (arm.directory / "logs").iterdir():
        file.unlink()
    (arm.directory / "logs").rmdir()
    assert "No host wrote a log." in logs(arm, [])


def test_a_run_on_a_running_project_says_that_its_logs_are_its_own(tmp_path: Path) -> None:
    """Nobody concludes that its containers were silent."""
    arm = synthetic.arm(tmp_path)
    for file in (arm.directory / "logs").iterdir():
        file.unlink()
    history = replace(arm.history, meta=replace(arm.history.meta, driver="attached"))
    text = logs(replace(arm, history=history), [])
    assert "not recorded" in text
    assert "No host wrote" not in text
