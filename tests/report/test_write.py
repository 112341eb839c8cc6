from __future__ import annotations

from pathlib import Path

import pytest

from chaoskit.core.result import ExperimentResult
from chaoskit.report import write_all


def test_every_report_is_written_and_nothing_else(single: ExperimentResult, tmp_path: Path) -> None:
    """Four files, no half-written one beside them."""
    folder = tmp_path / "out"
    folder.mkdir()
    write_all(single, folder)
    assert sorted(file.name for file in folder.iterdir()) == ["junit.xml", "report.html", "report.md", "verdict.json"]
    assert all(file.stat().st_size > 500 for file in folder.iterdir())


def test_a_full_disk_leaves_the_older_report_whole(single: ExperimentResult) -> None:
    """What cannot be written is an error, and no reader sees half a file."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.fail("this test needs /dev/full, which every Linux has")
    with pytest.raises(OSError, match=r"."):
        write_all(single, full)
