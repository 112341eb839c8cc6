"""Requests on disk: part files of columns, of which a reader takes those it asks for, one at a time.

Ten million requests are 400 MB in memory with every column, and a judge looks at half of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from chaoskit.core.errors import UsageError
from chaoskit.core.history import NUMBER_COLUMNS, TEXT_COLUMNS, Requests, Text, joined, no_requests
from chaoskit.loads import parquet

_LATER_COLUMNS: Mapping[str, str | int] = {"op": "", "value": ""}
"""Columns that the first histories do not have, and what every row of them reads as."""


def write(path: Path, requests: Requests) -> None:
    """One part.

    Raises:
        OSError: the disk would not take it.
    """
    parquet.write(_table(requests), path)


def packed(requests: Requests) -> bytes:
    """What the file of such a part holds."""
    return bytes(parquet.packed(_table(requests)))


def _table(requests: Requests) -> pa.Table:
    columns: dict[str, Any] = {
        name: pa.DictionaryArray.from_arrays(getattr(requests, name).codes, pa.array(getattr(requests, name).labels))
        for name in TEXT_COLUMNS
    }
    columns |= {name: pa.array(getattr(requests, name)) for name in NUMBER_COLUMNS}
    return pa.table(columns)


def read(paths: Sequence[Path]) -> Requests:
    """One table of several parts, in their order; a column is read when it is first asked for.

    Raises:
        UsageError: a part is damaged; of a column found to be so later, or gone by then, it is raised then.
    """
    parts = [_opened(path) for path in paths]
    if not parts:
        return no_requests()
    return Requests.deferred(sum(part.rows for part in parts), lambda name: _column(parts, name))


@dataclass(frozen=True)
class _Part:
    """A part file and its footer, so that the latter is read once only."""

    path: Path
    footer: pq.FileMetaData
    names: frozenset[str]

    @property
    def rows(self) -> int:
        return int(self.footer.num_rows)

    def read(self, name: str) -> pa.Array:
        try:
            with parquet.damage_is_said(self.path), pq.ParquetFile(self.path, metadata=self.footer) as file:
                column = file.read([name], use_threads=False)[name].combine_chunks()
        except FileNotFoundError:
            raise UsageError(f"{self.path} is gone", remedy="A history is read as long as its run is there.") from None
        return column


def _opened(path: Path) -> _Part:
    with parquet.damage_is_said(path):
        footer = pq.read_metadata(path)
        names = frozenset(footer.schema.names)
        missing = {*TEXT_COLUMNS, *NUMBER_COLUMNS} - names - _LATER_COLUMNS.keys()
        if missing:
            raise KeyError(min(missing))
    return _Part(path, footer, names)


def _column(parts: Sequence[_Part], name: str) -> Text | NDArray[Any]:
    if name in TEXT_COLUMNS:
        return joined(_texts(parts, name))
    column = np.empty(sum(part.rows for part in parts), NUMBER_COLUMNS[name])
    at = 0
    for part in parts:
        values = part.read(name).to_numpy(zero_copy_only=False) if name in part.names else _LATER_COLUMNS[name]
        column[at : at + part.rows] = values
        at += part.rows
    return column


def _texts(parts: Sequence[_Part], name: str) -> Iterator[Text]:
    for part in parts:
        if name not in part.names:
            yield Text(np.zeros(part.rows, np.uint8), (str(_LATER_COLUMNS[name]),))
            continue
        column = part.read(name)
        dictionary = column if isinstance(column, pa.DictionaryArray) else column.dictionary_encode()
        with parquet.damage_is_said(part.path):
            codes = dictionary.indices.to_numpy(zero_copy_only=False)
            yield Text(codes, tuple(dictionary.dictionary.to_pylist()))
