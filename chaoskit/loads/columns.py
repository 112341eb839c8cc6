"""Rows as the engine writes them, and the columns of a history as the runner gets them.

The engine writes eight numbers a request into one preallocated buffer (0.3 us). What repeats - load,
client, server, instance, op, value, status, outcome, attempts - is one of them: the code of a combination. The
writer thread turns a buffer into columns with numpy, and bytes of columns travel to the runner.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.history import NUMBER_COLUMNS, TEXT_COLUMNS, Requests, Text

ROW = struct.Struct("@8q")
"""due, taken, sent, first byte, end (ns of CLOCK_MONOTONIC, -1 for never); dns, connect (ns, -1); combination."""
pack_row = ROW.pack_into

_TEXT = np.dtype(np.int32)
_ORDER: Mapping[str, np.dtype[Any]] = {**dict.fromkeys(TEXT_COLUMNS, _TEXT), **NUMBER_COLUMNS}
ROW_BYTES = sum(dtype.itemsize for dtype in _ORDER.values())

Combination = tuple[int, int, int, int, int, int, int, int, int]
"""Codes of load, client, server, instance, op and value; status, outcome, attempts."""


class Labels:
    """The strings of the text columns, each with a code in order of appearance."""

    def __init__(self) -> None:
        self._codes: dict[str, dict[str, int]] = {column: {"": 0} for column in TEXT_COLUMNS}

    def code(self, column: str, label: str) -> int:
        """The label's code, a new one if it is new."""
        codes = self._codes[column]
        return codes.setdefault(label, len(codes))

    def since(self, known: Mapping[str, int]) -> dict[str, list[str]]:
        """Labels that are new to somebody who knows the first so many of each column."""
        new = {column: list(codes)[known.get(column, 0) :] for column, codes in self._codes.items()}
        return {column: labels for column, labels in new.items() if labels}


class Rows:
    """A buffer of rows that is handed on when it is full or when it is time.

    Attributes:
        buffer, at, size: where the next row goes, and the end; for `write` and for who has no time to call it.
    """

    def __init__(self, emit: Callable[[bytes], None], capacity: int = 8192) -> None:
        self._emit = emit
        self.buffer = bytearray(capacity * ROW.size)
        self.size = len(self.buffer)
        self.at = 0
        self._codes: dict[Combination, int] = {}
        self.combinations: list[Combination] = []

    def combination(self, key: Combination) -> int:
        """The code of a combination; combinations are only ever appended, so another thread may read them."""
        code = self._codes.get(key)
        if code is None:
            code = len(self.combinations)
            self.combinations.append(key)
            self._codes[key] = code
        return code

    def write(
        self, due: int, taken: int, sent: int, first: int, end: int, dns: int, connect: int, combination: int
    ) -> None:
        """Append one row, as `ROW` has it."""
        pack_row(self.buffer, self.at, due, taken, sent, first, end, dns, connect, combination)
        self.at += ROW.size
        if self.at == self.size:
            self.flush()

    def flush(self) -> None:
        """Hand on what there is."""
        if self.at:
            self._emit(bytes(memoryview(self.buffer)[: self.at]))
            self.at = 0


def columns(raw: bytes, combinations: Sequence[Combination], origin: int) -> dict[str, NDArray[Any]]:
    """Columns of a history from a buffer of rows; text columns as codes."""
    due, taken, sent, first, end, dns, connect, code = np.frombuffer(raw, np.int64).reshape(-1, 8).T
    load, client, server, instance, op, value, status, outcome, attempts = _spelled(code, combinations)
    parts = {
        "load": load,
        "client": client,
        "server": server,
        "instance": instance,
        "op": op,
        "value": value,
        "intended": due - origin,
        "lag": (taken - due) // 1000,
        "sent": _since(due, sent),
        "dns": np.where(dns < 0, -1, dns // 1000),
        "connect": np.where(connect < 0, -1, connect // 1000),
        "first_byte": _since(due, first),
        "end": (end - due) // 1000,
        "status": status,
        "outcome": outcome,
        "attempts": attempts,
    }
    return {name: parts[name].astype(dtype) for name, dtype in _ORDER.items()}


def _spelled(code: NDArray[np.int64], combinations: Sequence[Combination]) -> NDArray[np.int64]:
    """The parts of each row's combination; where there are more of them than rows, only those that occur are read."""
    if len(combinations) > len(code):
        used, code = np.unique(code, return_inverse=True)
        combinations = [combinations[i] for i in used.tolist()]
    return np.array(combinations, np.int64)[code].T


def _since(due: NDArray[np.int64], moment: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(moment < 0, -1, (moment - due) // 1000)


def pack(table: Mapping[str, NDArray[Any]]) -> bytes:
    """Columns as bytes, one after the other."""
    return b"".join(table[name].tobytes() for name in _ORDER)


def unpack(data: bytes, labels: Mapping[str, Sequence[str]]) -> Requests:
    """Columns from their bytes, with the labels known so far."""
    count, at = len(data) // ROW_BYTES, 0
    table: dict[str, NDArray[Any]] = {}
    for name, dtype in _ORDER.items():
        table[name] = np.frombuffer(data, dtype, count, at)
        at += table[name].nbytes
    return requests(table, labels)


def requests(table: Mapping[str, NDArray[Any]], labels: Mapping[str, Sequence[str]]) -> Requests:
    """Columns as a history has them, with the labels that their codes stand for."""
    parts: dict[str, Any] = dict(table)
    return Requests(**{**parts, **{name: _text(table[name], labels[name]) for name in TEXT_COLUMNS}})


def _text(codes: NDArray[np.int32], labels: Sequence[str]) -> Text:
    """A text column; of labels that outnumber the rows (each write has a value of its own), only those that occur."""
    if len(labels) > len(codes):
        used, inverse = np.unique(codes, return_inverse=True)
        return Text(inverse.astype(np.int32), tuple(labels[i] for i in used.tolist()))
    return Text(codes, tuple(labels))
