"""Parquet files of a history: written whole or not at all, numbered parts, and damage that names its file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from chaoskit.core.errors import UsageError
from chaoskit.core.history import SCHEMA

_VERSION = {"chaoskit.schema": str(SCHEMA)}


def part(folder: Path, number: int) -> Path:
    """The file of that part."""
    return folder / f"part-{number:05}.parquet"


def parts(folder: Path) -> list[Path]:
    """The parts that are there, in the order of their numbers."""
    return sorted(folder.glob("part-*.parquet"))


def write(table: pa.Table, path: Path) -> None:
    """Write a file with the schema's version; a kill in the middle leaves none, since the rest of a run is readable.

    Raises:
        OSError: the disk would not take it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.write_bytes(packed(table))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def packed(table: pa.Table) -> pa.Buffer:
    """What such a file holds."""
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata(_VERSION), sink, compression="zstd")
    return sink.getvalue()


@contextmanager
def damage_is_said(path: Path) -> Iterator[None]:
    """Name the file that cannot be made sense of: a copy that was cut short, or a disk that was full.

    Raises:
        UsageError: whatever its reader choked on.
        OSError: the disk did not give it.
    """
    try:
        yield
    except (pa.ArrowException, LookupError, TypeError, ValueError) as error:
        raise _damage(path, error) from error
    except OSError as error:
        if error.errno is not None:  # the disk's own; Arrow has no number for pages that it cannot decode
            raise
        raise _damage(path, error) from error


def _damage(path: Path, error: Exception) -> UsageError:
    reason = f"{type(error).__name__}: {error}".partition("\n")[0]
    return UsageError(f"{path} is damaged ({reason})", remedy="A part of a history proves nothing: run it again.")
