"""The thread between engine and pipe: turns rows into columns, counts them for Locust, writes frames."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from chaoskit.loads import frames
from chaoskit.loads.columns import columns, pack
from chaoskit.loads.drain import Drain
from chaoskit.loads.frames import Kind
from chaoskit.loads.statistics import Statistics

if TYPE_CHECKING:
    from chaoskit.loads.engine import Engine


class Writer(Drain):
    """Owns the pipe to the runner."""

    def __init__(self, fd: int, origin: int) -> None:
        super().__init__()
        self.statistics = Statistics()
        self._fd = fd
        self._origin = origin
        self._known: dict[str, int] = {}

    def write(self, rows: bytes, engine: Engine) -> None:
        """Send rows of requests as columns, and count them."""
        table = columns(rows, engine.rows.combinations, self._origin)
        self._send(Kind.ROWS, table, engine)
        self.statistics.add(table)

    def write_attempts(self, rows: bytes, engine: Engine) -> None:
        """Send rows of attempts as columns."""
        self._send(Kind.ATTEMPTS, columns(rows, engine.attempts.combinations, self._origin), engine)

    def _send(self, kind: Kind, table: Mapping[str, NDArray[Any]], engine: Engine) -> None:
        """Labels that are new come first."""
        new = engine.labels.since(self._known)
        if new:
            for column, labels in new.items():
                self._known[column] = self._known.get(column, 0) + len(labels)
            frames.write(self._fd, Kind.LABELS, json.dumps(new).encode())
        frames.write(self._fd, kind, pack(table))
