"""A thread that takes rows from the engine and does something with them.

The engine never waits for it: it puts bytes into a queue, and if they are taken so slowly that the queue
is full, the generator gives up and says so. Memory stays bounded and no row is lost unseen.
"""

from __future__ import annotations

from _queue import SimpleQueue
from _thread import allocate_lock, start_new_thread
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

from chaoskit.core.errors import LabError
from chaoskit.loads.process import come_after

if TYPE_CHECKING:
    from chaoskit.loads.engine import Engine

_MAX_QUEUED = 64 << 20
"""Bytes of rows that may wait: a million requests."""


class Drain(ABC):
    """`emit` and `emit_attempts` are for the engine's thread, `write` and `write_attempts` are called in its own."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[tuple[Callable[[bytes, Engine], None], bytes] | None] = SimpleQueue()
        self._put = 0
        self._written = 0
        self._ended = allocate_lock()
        self._error: BaseException | None = None

    @abstractmethod
    def write(self, rows: bytes, engine: Engine) -> None:
        """Do what there is to do with rows of requests, as `columns.ROW` has them."""

    @abstractmethod
    def write_attempts(self, rows: bytes, engine: Engine) -> None:
        """Do what there is to do with rows of attempts that failed and were followed by another."""

    def start(self, engine: Engine) -> None:
        """Begin to write what the engine emits."""
        self._ended.acquire()
        start_new_thread(self._run, (engine,))

    def emit(self, rows: bytes) -> None:
        """Take rows of requests over.

        Raises:
            LabError: nobody takes them from here.
        """
        self._take(self.write, rows)

    def emit_attempts(self, rows: bytes) -> None:
        """Take rows of attempts over.

        Raises:
            LabError: nobody takes them from here.
        """
        self._take(self.write_attempts, rows)

    def _take(self, write: Callable[[bytes, Engine], None], rows: bytes) -> None:
        self._put += len(rows)
        if self._put - self._written > _MAX_QUEUED or self._error is not None:
            raise LabError(
                f"the runner did not take the load's rows: {self._put - self._written >> 20} MiB are waiting",
                remedy="The machine is too busy for this rate: lower it, or give the run cores of its own.",
            )
        self._queue.put((write, rows))

    def finish(self) -> None:
        """Wait until everything is written.

        Raises:
            OSError: it could not be.
        """
        self._queue.put(None)
        self._ended.acquire()
        if self._error is not None:
            raise self._error

    def _run(self, engine: Engine) -> None:
        come_after()
        try:
            while (task := self._queue.get()) is not None:
                write, rows = task
                write(rows, engine)
                self._written += len(rows)
        except BaseException as error:  # noqa: BLE001  raised again by `emit` and `finish` in the engine's thread
            self._error = error
        finally:
            self._ended.release()
