"""What travels between the runner and a load generator: frames of a kind, a length and bytes."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from enum import IntEnum

_HEADER = struct.Struct("=BI")


class Kind(IntEnum):
    """What a frame holds. The runner sends `WORK`, `STOP` and `MOVED`, the generator the rest."""

    WORK = 1
    """A pickled `Work`."""
    STOP = 2
    """Nothing: end arrivals now."""
    READY = 3
    """Nothing: everything is imported, work may come."""
    ACCEPTED = 4
    """Nothing: the work is understood, and waits for its origin."""
    LABELS = 5
    """JSON: column to its new labels."""
    ROWS = 6
    """Columns of requests, as `columns.pack` makes them."""
    DONE = 7
    """JSON: the account of every load and client, and Locust's statistics."""
    ERROR = 8
    """JSON: message and remedy of what ended the generator."""
    MOVED = 9
    """JSON: a client host that came back with a new network, and the path of that."""
    ATTEMPTS = 10
    """As `ROWS`, of attempts that failed and were followed by another."""


def write(fd: int, kind: Kind, data: bytes = b"") -> None:
    """Write a whole frame; blocks while the reader is busy.

    Raises:
        BrokenPipeError: nobody reads any more.
    """
    view = memoryview(_HEADER.pack(kind, len(data)) + data)
    while view:
        view = view[os.write(fd, view) :]


def read(fd: int) -> tuple[Kind, bytes] | None:
    """Read a whole frame; None at the end, even if that comes in the middle of one."""
    header = _exactly(lambda size: os.read(fd, size), _HEADER.size)
    if header is None:
        return None
    kind, length = _HEADER.unpack(header)
    data = _exactly(lambda size: os.read(fd, size), length)
    return None if data is None else (Kind(kind), data)


def _exactly(take: Callable[[int], bytes], size: int) -> bytes | None:
    parts = []
    while size:
        part = take(min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
