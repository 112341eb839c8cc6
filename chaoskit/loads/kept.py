"""A tally that keeps the rows it counts: for an engine whose process tells totals, and is to record as well."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from chaoskit.core.history import TEXT_COLUMNS
from chaoskit.loads.columns import requests
from chaoskit.loads.parts import ATTEMPTS, REQUESTS, Part, Parts
from chaoskit.loads.tally import Tally

if TYPE_CHECKING:
    from chaoskit.loads.engine import Engine


class Kept(Tally):
    """See the module.

    Args:
        origin: CLOCK_MONOTONIC ns that moments count from.
        emit: gets the rows in parts, in the tally's thread; the last of them before `finish` returns.
    """

    def __init__(self, origin: int, emit: Callable[[Part], None]) -> None:
        super().__init__(origin)
        self._parts = Parts(emit)
        self._labels: dict[str, list[str]] = {column: [] for column in TEXT_COLUMNS}

    def count(self, table: Mapping[str, NDArray[Any]], engine: Engine) -> None:
        """Count requests, and keep them."""
        super().count(table, engine)
        self._keep(REQUESTS, table, engine)

    def count_attempts(self, table: Mapping[str, NDArray[Any]], engine: Engine) -> None:
        """Count attempts, and keep them."""
        super().count_attempts(table, engine)
        self._keep(ATTEMPTS, table, engine)

    def _keep(self, kind: str, table: Mapping[str, NDArray[Any]], engine: Engine) -> None:
        for column, new in engine.labels.since({name: len(known) for name, known in self._labels.items()}).items():
            self._labels[column].extend(new)
        self._parts.add(kind, requests(table, self._labels))

    def finish(self) -> None:
        """Wait until everything is counted and handed on.

        Raises:
            OSError: it could not be.
        """
        super().finish()
        self._parts.flush()
