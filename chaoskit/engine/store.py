"""A run directory's files: written while the run goes on, read back as a history.

    experiment.json        what was run: the plan as `chaoskit plan --json` prints it, `Meta`, topology, UTC anchors
    events.jsonl           one `Event` a line
    history/requests/*.parquet    one row an arrival; columns as in `chaoskit.core.history.Requests`
    history/readings/*.parquet    one row a reading; the value as JSON
    history/generated.parquet     what the load generators say of their own work

Every Parquet file carries `chaoskit.schema` in its metadata. Text columns are dictionaries.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from chaoskit.core.clock import Anchor
from chaoskit.core.errors import UsageError
from chaoskit.core.history import (
    NUMBER_COLUMNS,
    SCHEMA,
    TEXT_COLUMNS,
    Event,
    Generated,
    History,
    Meta,
    Reading,
    Requests,
    Text,
    concatenate,
)
from chaoskit.core.names import Names
from chaoskit.core.topology import HostInfo, Link, Network, Topology
from chaoskit.engine.paths import RUN_FILE
from chaoskit.report.whole import write_whole

EVENTS = "events.jsonl"
REQUESTS = "history/requests"
READINGS = "history/readings"
GENERATED = "history/generated.parquet"
_LATER_COLUMNS = ("op", "value")
"""Text columns that the first histories do not have; they read as empty."""
_VERSION = {"chaoskit.schema": str(SCHEMA)}


def write_requests(directory: Path, part: int, requests: Requests) -> None:
    """One part file; parts are read back in the order of their numbers."""
    columns: dict[str, Any] = {
        name: pa.DictionaryArray.from_arrays(getattr(requests, name).codes, pa.array(getattr(requests, name).labels))
        for name in TEXT_COLUMNS
    }
    columns |= {name: pa.array(getattr(requests, name)) for name in NUMBER_COLUMNS}
    _write(pa.table(columns), _part(directory / REQUESTS, part))


def write_readings(directory: Path, part: int, readings: Sequence[Reading]) -> None:
    """One part file, as of requests."""
    columns = {column.name: [getattr(reading, column.name) for reading in readings] for column in fields(Reading)}
    columns["value"] = [json.dumps(value, separators=(",", ":")) for value in columns["value"]]
    integers = {"t", "took"}
    types = {name: pa.int64() if name in integers else pa.string() for name in columns}
    table = pa.table({name: pa.array(values, types[name]) for name, values in columns.items()})
    _write(table, _part(directory / READINGS, part))


def write_generated(directory: Path, generated: Sequence[Generated]) -> None:
    """The generators' own account."""
    texts = {"load", "client"}
    schema = pa.schema([(each.name, pa.string() if each.name in texts else pa.int64()) for each in fields(Generated)])
    _write(pa.Table.from_pylist([asdict(one) for one in generated], schema), directory / GENERATED)


def write_run(
    directory: Path, meta: Meta, topology: Topology, anchors: Sequence[Anchor], plan: Mapping[str, object]
) -> None:
    """What the run was; written at its start and again at its end."""
    data = {
        "schema": SCHEMA,
        "plan": plan,
        "meta": asdict(meta),
        "topology": asdict(topology),
        "anchors": [asdict(one) for one in anchors],
    }
    write_whole(directory / RUN_FILE, json.dumps(data, indent=1) + "\n")


def append_events(directory: Path, events: Iterable[Event]) -> None:
    """Events as they happen."""
    with (directory / EVENTS).open("a") as file:
        file.writelines(json.dumps(asdict(event)) + "\n" for event in events)


def write_events(directory: Path, events: Iterable[Event]) -> None:
    """All events of a run, in place of those that were appended as they happened."""
    write_whole(directory / EVENTS, "".join(json.dumps(asdict(event)) + "\n" for event in events))


def _part(folder: Path, number: int) -> Path:
    return folder / f"part-{number:05}.parquet"


def _parts(folder: Path) -> list[Path]:
    return sorted(folder.glob("part-*.parquet"))


def _write(table: pa.Table, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.replace_schema_metadata(_VERSION), path, compression="zstd")


def read_meta(directory: Path) -> Meta:
    """What a run was, without its history.

    Raises:
        UsageError: the folder is no run directory, damaged, or of a newer schema.
    """
    run = _run(directory)
    with _damage_is_said(directory / RUN_FILE):
        return Meta(**run["meta"])


def read_history(directory: Path, names: Names) -> History:
    """A recorded run.

    Raises:
        UsageError: the folder is no run directory, damaged, or of a newer schema.
    """
    run = _run(directory)
    with _damage_is_said(directory / RUN_FILE):
        meta, topology = Meta(**run["meta"]), _topology(run["topology"])
        anchors = tuple(Anchor(**one) for one in run["anchors"])
    return History(
        meta,
        topology,
        names,
        concatenate([_requests(path) for path in _parts(directory / REQUESTS)]),
        _events(directory / EVENTS),
        tuple(reading for path in _parts(directory / READINGS) for reading in _readings(path)),
        _generated(directory / GENERATED),
        anchors,
    )


@contextmanager
def _damage_is_said(path: Path) -> Iterator[None]:
    """Name the file that cannot be made sense of: a copy that was cut short, or a disk that was full.

    Raises:
        UsageError: whatever its reader choked on.
    """
    try:
        yield
    except (pa.ArrowException, LookupError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise UsageError(
            f"{path} is damaged ({reason})", remedy="A part of a history proves nothing: run it again."
        ) from error


def _run(directory: Path) -> dict[str, Any]:
    try:
        text = (directory / RUN_FILE).read_text()
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(
            f"{directory} is no run directory: it has no {RUN_FILE}",
            remedy="Name a folder below runs/, such as runs/latest.",
        ) from None
    with _damage_is_said(directory / RUN_FILE):
        run: dict[str, Any] = json.loads(text)
        schema = int(run["schema"])
    if schema > SCHEMA:
        raise UsageError(f"{directory} was recorded by a newer chaoskit (schema {schema}, this one knows {SCHEMA})")
    return run


def _requests(path: Path) -> Requests:
    columns: dict[str, Any] = {}
    with _damage_is_said(path):
        table = pq.read_table(path).combine_chunks()
        for name in TEXT_COLUMNS:
            if name not in table.column_names and name in _LATER_COLUMNS:
                columns[name] = Text(np.zeros(len(table), np.int32), ("",))
                continue
            column = table[name].combine_chunks()
            dictionary = column if isinstance(column, pa.DictionaryArray) else column.dictionary_encode()
            codes = dictionary.indices.to_numpy(zero_copy_only=False).astype(np.int32)
            columns[name] = Text(codes, tuple(dictionary.dictionary.to_pylist()))
        for name, dtype in NUMBER_COLUMNS.items():
            columns[name] = table[name].to_numpy().astype(dtype, copy=False)
    return Requests(**columns)


def _events(path: Path) -> tuple[Event, ...]:
    """Every whole line; a torn last one is what a kill leaves, and is skipped."""
    if not path.exists():
        return ()
    with path.open() as file, _damage_is_said(path):
        return tuple(Event(**json.loads(line)) for line in file if line.endswith("\n"))


def _readings(path: Path) -> tuple[Reading, ...]:
    with _damage_is_said(path):
        return tuple(Reading(**{**row, "value": json.loads(row["value"])}) for row in pq.read_table(path).to_pylist())


def _generated(path: Path) -> tuple[Generated, ...]:
    if not path.exists():
        return ()
    with _damage_is_said(path):
        return tuple(Generated(**row) for row in pq.read_table(path).to_pylist())


def _topology(data: dict[str, Any]) -> Topology:
    hosts = tuple(
        HostInfo(
            host["name"],
            host["service"],
            host["labels"],
            tuple(Link(**{**link, "aliases": tuple(link["aliases"])}) for link in host["links"]),
        )
        for host in data["hosts"]
    )
    return Topology(data["name"], hosts, tuple(Network(**network) for network in data["networks"]))
