"""The thread between engine and pipe: turns rows into columns, counts them for Locust, writes frames.

The engine never waits for it: it puts bytes into a queue, and if the runner reads so slowly that the
queue is full, the generator gives up and says so. Memory stays bounded and no row is lost unseen.
"""

from __future__ import annotations

import json
from _queue import SimpleQueue
from _thread import allocate_lock, start_new_thread
from typing import TYPE_CHECKING

from chaoskit.core.errors import LabError
from chaoskit.loads import frames
from chaoskit.loads.columns import columns, pack
from chaoskit.loads.frames import Kind
from chaoskit.loads.statistics import Statistics

if TYPE_CHECKING:
    from chaoskit.loads.engine import Engine

_MAX_QUEUED = 64 << 20
"""Bytes of rows that may wait: a million requests."""


class Writer:
    """Owns the pipe to the runner. `emit` is for the engine's thread, the rest runs in its own."""

    def __init__(self, fd: int, origin: int) -> None:
        self.statistics = Statistics()
        self._fd = fd
        self._origin = origin
        self._queue: SimpleQueue[tuple[Kind, bytes] | None] = SimpleQueue()
        self._put = 0
        self._written = 0
        self._known: dict[str, int] = {}
        self._ended = allocate_lock()
        self._error: BaseException | None = None
        self._engine: Engine | None = None

    def start(self, engine: Engine) -> None:
        """Begin to write what the engine emits."""
        self._engine = engine
        self._ended.acquire()
        start_new_thread(self._run, ())

    def emit(self, rows: bytes) -> None:
        """Take rows over.

        Raises:
            LabError: the runner does not read.
        """
        self._take(Kind.ROWS, rows)

    def emit_attempts(self, rows: bytes) -> None:
        """Take rows of attempts over, as `emit`."""
        self._take(Kind.ATTEMPTS, rows)

    def _take(self, kind: Kind, rows: bytes) -> None:
        self._put += len(rows)
        if self._put - self._written > _MAX_QUEUED or self._error is not None:
            raise LabError(
                f"the runner did not take the load's rows: {self._put - self._written >> 20} MiB are waiting",
                remedy="The machine is too busy for this rate: lower it, or give the run cores of its own.",
            )
        self._queue.put((kind, rows))

    def finish(self) -> None:
        """Wait until everything is written.

        Raises:
            OSError: it could not be.
        """
        self._queue.put(None)
        self._ended.acquire()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            while (given := self._queue.get()) is not None:
                self._write(*given)
                self._written += len(given[1])
        except BaseException as error:  # noqa: BLE001  raised again by `emit` and `finish` in the engine's thread
            self._error = error
        finally:
            self._ended.release()

    def _write(self, kind: Kind, rows: bytes) -> None:
        assert self._engine is not None
        source = self._engine.rows if kind is Kind.ROWS else self._engine.attempts
        table = columns(rows, source.combinations, self._origin)
        new = self._engine.labels.since(self._known)
        if new:
            for column, labels in new.items():
                self._known[column] = self._known.get(column, 0) + len(labels)
            frames.write(self._fd, Kind.LABELS, json.dumps(new).encode())
        frames.write(self._fd, kind, pack(table))
        if kind is Kind.ROWS:
            self.statistics.add(table)
