"""A register's history as operations: what was written and read, from invocation to completion.

write(x)   invoked |-----------------| completed      took effect at one moment in between
write(y)   invoked |------- ? ..................      failed after it was sent: takes effect later, or never
read -> x          invoked |---------| completed
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from chaoskit.core.errors import UsageError
from chaoskit.core.history import History, Requests
from chaoskit.core.load import OUTCOMES, Load, Outcome
from chaoskit.core.units import NS

Loads = Load | Sequence[Load]
"""One load, or several."""

READ, WRITE = "read", "write"

_RESOLUTION = 1_000
"""ns by which a history rounds completions down; without it two operations at once could seem to follow each other."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One read or write.

    Attributes:
        kind: `read` or `write`.
        value: what was read or written.
        start: invocation, ns since the origin.
        end: completion; None of a write of which nobody knows whether or when it took effect.
        who: the client host.
    """

    kind: str
    value: str
    start: int
    end: int | None
    who: str = ""

    @property
    def is_read(self) -> bool:
        """Whether it is a read."""
        return self.kind == READ

    def __str__(self) -> str:
        verb = "read" if self.is_read else "wrote"
        until = f"{self.end / NS:.6f} s" if self.end is not None else "?"
        return f"{self.who or 'a client'} {verb} {self.value!r} ({self.start / NS:.6f} to {until})"


def by_key(history: History, reads: Loads, writes: Loads) -> dict[str, list[Operation]]:
    """The operations of each register; loads whose requests name no key are one register's.

    Raises:
        UsageError: writes lack the value they wrote.
    """
    found: dict[str, list[Operation]] = {}
    for loads, kind in ((reads, READ), (writes, WRITE)):
        for load in [loads] if isinstance(loads, Load) else loads:
            table = history.of(load)
            operations = _reads(table) if kind == READ else _writes(table)
            found.setdefault(str(getattr(load.request, "key", "")), []).extend(operations)
    return found


def _reads(table: Requests) -> Iterator[Operation]:
    """Successful reads; one that failed has seen nothing."""
    chosen = np.flatnonzero((table.outcome == OUTCOMES.index(Outcome.OK)) & table.op.equals(READ))
    return _operations(table, chosen, READ)


def _writes(table: Requests) -> Iterator[Operation]:
    """Writes that were sent; one that never was has not taken effect.

    Several attempts are one write: clients repeat one only where the attempt before certainly had no effect.
    """
    chosen = np.flatnonzero((table.sent >= 0) & table.op.equals(WRITE))
    if np.any(table.value.take(chosen).equals("")):
        raise UsageError("writes lack the value they wrote", remedy="Their protocol must record it, failed or not.")
    return _operations(table, chosen, WRITE)


def _operations(table: Requests, chosen: np.ndarray[tuple[int], np.dtype[np.intp]], kind: str) -> Iterator[Operation]:
    sent = np.maximum(table.sent, 0).astype(np.int64)
    starts = (table.intended + sent * 1_000)[chosen].tolist()
    ends = (table.ended + _RESOLUTION)[chosen].tolist()
    ok = (table.outcome[chosen] == OUTCOMES.index(Outcome.OK)).tolist()
    for row, start, end, good in zip(chosen.tolist(), starts, ends, ok, strict=True):
        yield Operation(kind, table.value[row], start, end if good else None, table.client[row])
