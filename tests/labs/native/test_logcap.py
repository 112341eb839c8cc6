"""What hosts log is cut before it fills the disk."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from chaoskit.labs.change import HostChange
from chaoskit.labs.native import logcap
from chaoskit.labs.native.logcap import LogCap
from chaoskit.labs.native.timers import Timers
from tests.labs.native.build import host, lab, up
from tests.wire import until


@pytest.fixture
def told() -> list[str]:
    """The hosts whose logs were cut."""
    return []


def cap(tmp_path: Path, told: list[str], size: int) -> LogCap:
    """Over the logs `a` and `b` of a folder."""
    return LogCap({name: tmp_path / f"{name}.log" for name in "ab"}, Timers(), told.append, size)


def test_the_beginning_is_kept_and_the_last_line_says_so(tmp_path: Path, told: list[str]) -> None:
    """Of the log that is too long; it is told once, however often it is cut. A log that is not there is none."""
    log = tmp_path / "a.log"
    caps = cap(tmp_path, told, 100)
    for _ in range(3):
        with log.open("a") as daemon:  # O_APPEND, as a host's log is opened
            daemon.write("first error\n" + "x" * 1_000)
        caps.look()
        text = log.read_text()
        assert text[:12] == "first error\n"
        assert text[100:] == "\n[chaoskit: this log was cut here, 100 bytes are kept of it]\n"
    assert told == ["a"]


def test_what_fits_is_left_alone(tmp_path: Path, told: list[str]) -> None:
    """To the byte."""
    (tmp_path / "b.log").write_text("x" * 100)
    cap(tmp_path, told, 100).look()
    assert (tmp_path / "b.log").read_text() == "x" * 100
    assert told == []


@pytest.mark.lab
def test_a_daemon_that_writes_without_end_fills_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes on running; its log stays near the cap and ends with the line, and the driver tells of it."""
    monkeypatch.setattr(logcap, "CAP", 1 << 20)
    changes: list[HostChange] = []
    cut: Callable[[], bool] = lambda: any(change.reason == "log cut" for change in changes)  # noqa: E731
    with up(
        lab(host("loud", "sh", "-c", "exec yes complaint"), host("quiet")), tmp_path, notify=changes.append
    ) as running:
        assert until(cut, 10)
        time.sleep(2 * logcap.LOOK_EVERY / 1e9)
        assert running.hosts["loud"].status().state == "running"
        log = running.logs("loud")
    text = log.read_bytes()
    assert text.startswith(b"complaint\ncomplaint\n")
    assert text.endswith(b"[chaoskit: this log was cut here, 1,048,576 bytes are kept of it]\n")
    assert len(text) < (1 << 20) + 200
    assert [change.host for change in changes if change.reason == "log cut"] == ["loud"]
