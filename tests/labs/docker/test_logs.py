"""Containers' logs as files of a run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaoskit.labs.docker.logs import Logs


def line(text: str) -> bytes:
    """What the engine's json-file driver writes."""
    return json.dumps({"log": text, "stream": "stdout", "time": "2026-01-31T10:15:00Z"}).encode() + b"\n"


@pytest.fixture
def cuts() -> list[str]:
    """Hosts whose log was told to be cut."""
    return []


@pytest.fixture
def logs(tmp_path: Path, cuts: list[str]) -> Iterator[Logs]:
    """Logs of at most 100 bytes."""
    (tmp_path / "logs").mkdir()
    it = Logs(tmp_path / "logs", cuts.append, cap=100)
    yield it
    it.close()


def test_a_log_grows_with_its_source(logs: Logs, tmp_path: Path) -> None:
    """What the daemon wrote, as it wrote it; a line that is half written waits for its other half."""
    source = tmp_path / "json.log"
    whole = line("second ü\n")
    source.write_bytes(line("first\n") + whole[:20])
    logs.follow("web", source)
    logs.look()
    assert logs.path("web").read_text() == "first\n"
    with source.open("ab") as file:
        file.write(whole[20:])
    logs.look()
    assert logs.path("web").read_text() == "first\nsecond ü\n"


def test_a_log_is_read_to_its_end_when_its_source_is_removed(logs: Logs, tmp_path: Path) -> None:
    """The engine removes its file with the container: the last words are not lost."""
    source = tmp_path / "json.log"
    source.write_bytes(line("first\n"))
    logs.follow("web", source)
    logs.look()
    with source.open("ab") as file:
        file.write(line("last\n"))
    source.unlink()
    logs.close()
    assert logs.path("web").read_text() == "first\nlast\n"


def test_a_log_is_cut_at_its_cap(logs: Logs, tmp_path: Path, cuts: list[str]) -> None:
    """Its beginning is kept, its last line says that it was cut, and that is told once."""
    source = tmp_path / "json.log"
    source.write_bytes(line("x" * 60 + "\n") * 5)
    logs.follow("web", source)
    logs.look()
    with source.open("ab") as file:
        file.write(line("more\n"))
    logs.look()
    text = logs.path("web").read_text()
    assert text.startswith("x" * 60 + "\n" + "x" * 39)
    assert "cut here, 100 bytes are kept" in text
    assert "more" not in text
    assert cuts == ["web"]


def test_a_source_that_begins_anew_is_read_from_its_beginning(logs: Logs, tmp_path: Path) -> None:
    """The engine truncates its file when it is full."""
    source = tmp_path / "json.log"
    source.write_bytes(line("first and long\n"))
    logs.follow("web", source)
    logs.look()
    source.write_bytes(line("2\n"))
    logs.look()
    assert logs.path("web").read_text() == "first and long\n2\n"
