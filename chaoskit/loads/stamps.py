"""Time stamps of a trace: a column of a CSV or Parquet file, as ns from the first of them.

A stamp is a number of seconds (from whatever moment) or a time as ISO 8601 writes it, in UTC unless it says
otherwise. They must ascend; equal ones are arrivals at the same moment.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from chaoskit.core.errors import UsageError
from chaoskit.core.units import NS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FARTHEST = 9_000_000_000
"""Seconds that an int64 of ns still holds: beyond the year 2255 as time since 1970."""
_STAMP = 'Write seconds such as 12.5, or a time such as "2026-03-01T12:00:00.250Z".'


def read_stamps(file: Path, column: str | None) -> NDArray[np.int64]:
    """The stamps of a file in ns, the first one at 0.

    Args:
        file: `*.parquet`, anything else is CSV, with a header unless its first line begins with a stamp.
        column: by its name; None for the first one.

    Raises:
        UsageError: there is no such file or column, no stamp, or one that is none or goes back, named by line or row.
    """
    try:
        places, stamps = _parquet(file, column) if file.suffix == ".parquet" else _lines(file, column)
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}", remedy="Name a CSV or Parquet file.") from None
    except (pa.ArrowException, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{file} cannot be read: {error}") from None
    if not len(stamps):
        raise UsageError(f"{file} holds no time stamp")
    back = np.flatnonzero(np.diff(stamps) < 0)
    if len(back):
        raise UsageError(
            f"{file}, {places(int(back[0]) + 1)}: a moment before the one in front of it",
            remedy="Sort the trace by time.",
        )
    return np.asarray(stamps - stamps[0], np.int64)


_Placed = tuple[Callable[[int], str], NDArray[np.int64]]
"""Stamps, and what in the file each is called by its index."""


def _lines(file: Path, column: str | None) -> _Placed:
    numbers: list[int] = []
    stamps: list[int] = []
    with file.open(newline="") as text:
        reader = csv.reader(text)
        at: int | None = None if column is not None else 0
        for row in reader:
            if not row:
                continue
            if at is None or (not stamps and not numbers and column is None and _is_header(row[0])):
                at = _position(file, column, row)
                column = row[at]
                continue
            numbers.append(reader.line_num)
            stamps.append(_stamp(row[at] if at < len(row) else "", file, f"line {reader.line_num}"))
    return lambda index: f"line {numbers[index]}", np.array(stamps, np.int64)


def _is_header(text: str) -> bool:
    """Whether the first cell of a file is a column's name."""
    return _ns(text) is None and not any(char.isdigit() for char in text[:1])


def _position(file: Path, column: str | None, names: Sequence[str]) -> int:
    if column is None:
        return 0
    if column not in names:
        raise UsageError(f"{file} has no column {column!r}", remedy=f"It has: {', '.join(names)}.")
    return names.index(column)


def _parquet(file: Path, column: str | None) -> _Placed:
    names = pq.read_schema(file).names
    if not names:
        raise UsageError(f"{file} has no column")
    name = names[_position(file, column, names)]
    values = pq.read_table(file, columns=[name])[name].combine_chunks()
    if values.null_count:
        gap = int(np.flatnonzero(values.is_null().to_numpy(zero_copy_only=False))[0])
        raise UsageError(f"{file}, row {gap + 1}: no time stamp")
    return lambda index: f"row {index + 1}", _numbers(values, file)


def _numbers(values: Any, file: Path) -> NDArray[np.int64]:
    """A column's stamps in ns, by its type: a time, integers or fractions of seconds, or text."""
    kind = values.type
    if pa.types.is_timestamp(kind):
        return np.asarray(values.cast(pa.timestamp("ns", kind.tz)).cast(pa.int64()).to_numpy(), np.int64)
    if pa.types.is_integer(kind):
        return np.asarray(values.to_numpy(), np.int64) * NS
    if pa.types.is_floating(kind):
        seconds = np.asarray(values.to_numpy(), np.float64)
        odd = np.flatnonzero(~(np.abs(seconds) < _FARTHEST))
        if len(odd):
            raise UsageError(f"{file}, row {int(odd[0]) + 1}: {seconds[odd[0]]} is no time stamp", remedy=_STAMP)
        whole = np.floor(seconds)
        return whole.astype(np.int64) * NS + np.rint((seconds - whole) * NS).astype(np.int64)
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        raise UsageError(f"{file}: a column of {kind} holds no time stamps", remedy=_STAMP)
    texts = values.to_pylist()
    return np.array([_stamp(text, file, f"row {row}") for row, text in enumerate(texts, 1)], np.int64)


def _stamp(text: str, file: Path, place: str) -> int:
    found = _ns(text)
    if found is None:
        raise UsageError(f"{file}, {place}: {text!r} is no time stamp", remedy=_STAMP)
    return found


def _ns(text: str) -> int | None:
    """Seconds, or a time in ISO 8601, in ns since some moment or since 1970; None for what is neither."""
    try:
        seconds = Decimal(text.strip())
    except InvalidOperation:
        return _ns_of_iso(text.strip())
    return int((seconds * NS).to_integral_value()) if seconds.is_finite() and abs(seconds) < _FARTHEST else None


def _ns_of_iso(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    past = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    return (past.days * 86_400 + past.seconds) * NS + past.microseconds * 1_000
