"""The thread between engine and pipe."""

import os
import time

import pytest

from chaoskit.core.errors import LabError
from chaoskit.core.units import NS
from chaoskit.loads import drain, frames
from chaoskit.loads.columns import Rows
from chaoskit.loads.engine import Engine
from chaoskit.loads.frames import Kind
from chaoskit.loads.work import Work
from chaoskit.loads.writer import Writer


def test_a_runner_that_does_not_read_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine is never held up: rows wait up to a bound, beyond it the load fails and says why."""
    monkeypatch.setattr(drain, "_MAX_QUEUED", 1 << 20)
    reading, writing = os.pipe()
    out = Writer(writing, 0)
    engine = Engine(Work(time.monotonic_ns(), NS, 1, ()), out.emit)
    out.start(engine)
    started = time.monotonic()
    with pytest.raises(LabError, match="the runner did not take the load's rows"):
        write_many(engine.rows)
    assert time.monotonic() - started < 5
    os.close(reading)
    with pytest.raises(BrokenPipeError):
        out.finish()
    os.close(writing)
    engine.loop.close()
    engine.networks.close()


def write_many(rows: Rows) -> None:
    """Write 200,000 rows as fast as can be."""
    code = rows.combination((0, 0, 0, 0, 0, 0, 200, 0, 1))
    for due in range(200_000):
        rows.write(due, due, due, due, due, -1, -1, code)


def test_frames_arrive_whole() -> None:
    """Kinds and bytes are what was written; the end in the middle of a frame is the end."""
    reading, writing = os.pipe()
    frames.write(writing, Kind.STOP)
    frames.write(writing, Kind.ROWS, b"x" * 3000)
    os.write(writing, b"\x06\xff\x00\x00\x00half")
    os.close(writing)
    assert frames.read(reading) == (Kind.STOP, b"")
    assert frames.read(reading) == (Kind.ROWS, b"x" * 3000)
    assert frames.read(reading) is None
    os.close(reading)
