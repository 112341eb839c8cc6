"""Rows of several generators on disk."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from chaoskit.core.errors import UsageError
from chaoskit.loads import request_files
from chaoskit.loads.merge import ONE_CLOCK
from chaoskit.loads.parts import ATTEMPTS, REQUESTS, Part, Parts
from chaoskit.loads.recording import Recording, read
from chaoskit.testing import rows

_CLOCKS = {"a": (0, ONE_CLOCK), "b": (0, ONE_CLOCK)}


def _hand_over(recording: Recording, generator: str, kind: str, part: int, first: float) -> None:
    table = rows("load", at=first + np.arange(10) / 10, latency="1ms")
    recording.take(generator, kind, part, request_files.packed(table))


def test_parts_of_all_generators_become_one_table(tmp_path: Path) -> None:
    """In order of completion, attempts apart; what they handed over is gone, and the facts are beside."""
    recording = Recording(tmp_path / "out")
    for part in range(3):
        for generator, offset in (("a", 0.0), ("b", 0.05)):
            _hand_over(recording, generator, REQUESTS, part, part + offset)
    _hand_over(recording, "b", ATTEMPTS, 0, 0)
    assert (recording.parts_of("a"), recording.parts_of("b")) == (3, 4)
    whole = recording.finish(_CLOCKS, 0, {"seed": 7})
    table = read(tmp_path / "out")
    assert whole.rows == len(table) == 60
    assert (np.diff(table.ended) > 0).all()
    told = json.loads((tmp_path / "out/load.json").read_text())
    assert (told["seed"], told["rows"]) == (7, {"requests": 60, "attempts": 10})
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["attempts", "load.json", "requests"]


def test_what_is_not_finished_is_no_table(tmp_path: Path) -> None:
    """After a kill the parts are there as they came, each a file that can be read by itself."""
    _hand_over(Recording(tmp_path / "out"), "a", REQUESTS, 0, 0)
    with pytest.raises(UsageError, match=r"no load\.json"):
        read(tmp_path / "out")
    (part,) = (tmp_path / "out").glob("generators/*/requests/*.parquet")
    assert len(request_files.read([part])) == 10


def test_a_folder_that_is_none_or_not_empty_is_refused(tmp_path: Path) -> None:
    """Nobody's files are written over."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="holds file"):
        Recording(tmp_path)
    with pytest.raises(UsageError, match="cannot record in"):
        Recording(tmp_path / "file" / "below")


def test_rows_are_gathered_to_parts_and_none_is_lost() -> None:
    """A part has many rows, or is two seconds of them; the last one is handed on when asked to."""
    parts: list[Part] = []
    gathered = Parts(parts.append)
    batch = rows("load", at=np.arange(20_000) / 1000, latency="1ms")
    for _ in range(4):
        gathered.add(REQUESTS, batch)
        gathered.add(ATTEMPTS, batch.take(np.arange(3)))
    gathered.flush()
    gathered.flush()
    told = [(part.kind, part.number, len(part.rows)) for part in parts]
    assert told == [(REQUESTS, 0, 60_000), (REQUESTS, 1, 20_000), (ATTEMPTS, 0, 12)]
