"""The write-ahead journal."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path

import pytest

from chaoskit.core.errors import ChaoskitError
from chaoskit.engine.journal import Journal, read
from chaoskit.kernel.identity import Identity


def _step(number: int, action: str = "outage") -> dict[str, object]:
    return {"row": "step", "n": number, "action": action, "step": {"kind": "signal"}, "prior": {"pid": 7}}


def test_a_step_is_pending_until_it_is_undone(tmp_path: Path) -> None:
    """What was written down and not undone is what recovery has to look at."""
    journal = Journal(tmp_path / "j")
    journal.write(_step(1), _step(2))
    journal.write({"row": "undone", "n": 1})
    left = read(tmp_path / "j")
    assert [pending.number for pending in left.pending] == [2]
    assert left.pending[0].prior == {"pid": 7}
    assert not left.closed


def test_a_failed_undo_stays_pending(tmp_path: Path) -> None:
    """An undo that failed has not undone anything."""
    journal = Journal(tmp_path / "j")
    journal.write(_step(1), {"row": "failed", "n": 1, "error": "no such host"})
    assert [pending.number for pending in read(tmp_path / "j").pending] == [1]


def test_a_one_shot_step_is_recorded_but_never_pending(tmp_path: Path) -> None:
    """What cannot be undone is not asked to be."""
    Journal(tmp_path / "j").write({**_step(1), "row": "one-shot"})
    assert read(tmp_path / "j").pending == ()


def test_processes_are_named_by_boot_pid_and_start_time(tmp_path: Path) -> None:
    """A journal names a process so that a later one with its pid is not taken for it."""
    me = Identity.of(os.getpid())
    Journal(tmp_path / "j").process("island", me)
    assert read(tmp_path / "j").processes == (("island", me),)


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_torn_last_line_is_what_a_power_cut_leaves(tmp_path: Path, cut: int) -> None:
    """Wherever the last row is cut off, the rows before it are read and the torn one is not."""
    path = tmp_path / "j"
    journal = Journal(path)
    journal.write(_step(1))
    whole = path.stat().st_size
    journal.write(_step(2))
    with path.open("r+b") as file:
        file.truncate(whole + cut)
    assert [pending.number for pending in read(path).pending] == [1]


def test_a_disk_that_takes_nothing_is_an_error_before_anything_is_done(tmp_path: Path) -> None:
    """A row that could not be written is an error which says so: what it speaks of must not be done."""
    (tmp_path / "j").symlink_to("/dev/full")
    with pytest.raises(ChaoskitError, match="No space left on device"):
        Journal(tmp_path / "j").write(_step(1))


def test_half_a_row_does_not_spoil_the_next_one(tmp_path: Path) -> None:
    """A disk that is full in the middle of a row and has space again later leaves a journal that can be read."""
    path = tmp_path / "j"
    journal = Journal(path)
    journal.write(_step(1))
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 20, usual[1]))
    try:
        with pytest.raises(ChaoskitError, match="cannot write the journal"):
            journal.write(_step(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
        signal.signal(signal.SIGXFSZ, ignored)
    journal.write(_step(3))
    assert [pending.number for pending in read(path).pending] == [1, 3]
