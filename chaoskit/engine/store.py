"""A run directory's files: written while the run goes on, read back as a history.

    experiment.json        what was run: the plan as `chaoskit plan --json` prints it, `Meta`, topology, UTC anchors
    events.jsonl           one `Event` a line
    history/requests/*.parquet    one row an arrival; columns as in `chaoskit.core.history.Requests`
    history/attempts/*.parquet    as of requests, one row an attempt that failed and was followed by another
    history/readings/*.parquet    one row a reading; the value as JSON
    history/generated.parquet     what the load generators say of their own work
    history/counts/*.parquet      exact counts of all requests, where only some of them have rows

Every Parquet file carries `chaoskit.schema` in its metadata. Text columns are dictionaries.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from chaoskit.core.clock import Anchor
from chaoskit.core.errors import UsageError
from chaoskit.core.history import SCHEMA, Event, Generated, History, Meta, Reading, Requests
from chaoskit.core.names import Names
from chaoskit.core.topology import HostInfo, Link, Network, Topology
from chaoskit.engine import sampling
from chaoskit.engine.paths import RUN_FILE
from chaoskit.loads import parquet, request_files
from chaoskit.report.whole import write_whole

EVENTS = "events.jsonl"
REQUESTS = "history/requests"
ATTEMPTS = "history/attempts"
READINGS = "history/readings"
GENERATED = "history/generated.parquet"
COUNTS = "history/counts"


def write_requests(directory: Path, part: int, requests: Requests) -> None:
    """One part file; parts are read back in the order of their numbers."""
    request_files.write(parquet.part(directory / REQUESTS, part), requests)


def write_counts(directory: Path, part: int, requests: Requests) -> None:
    """The counts of a part of which only some rows are written."""
    sampling.write_counts(parquet.part(directory / COUNTS, part), requests)


def write_readings(directory: Path, part: int, readings: Sequence[Reading]) -> None:
    """One part file, as of requests."""
    columns = {column.name: [getattr(reading, column.name) for reading in readings] for column in fields(Reading)}
    columns["value"] = [json.dumps(value, separators=(",", ":")) for value in columns["value"]]
    integers = {"t", "took"}
    types = {name: pa.int64() if name in integers else pa.string() for name in columns}
    table = pa.table({name: pa.array(values, types[name]) for name, values in columns.items()})
    parquet.write(table, parquet.part(directory / READINGS, part))


def write_generated(directory: Path, generated: Sequence[Generated]) -> None:
    """The generators' own account."""
    texts = {"load", "client"}
    schema = pa.schema([(each.name, pa.string() if each.name in texts else pa.int64()) for each in fields(Generated)])
    parquet.write(pa.Table.from_pylist([asdict(one) for one in generated], schema), directory / GENERATED)


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


def read_meta(directory: Path) -> Meta:
    """What a run was, without its history.

    Raises:
        UsageError: the folder is no run directory, damaged, or of a newer schema.
    """
    run = _run(directory)
    with parquet.damage_is_said(directory / RUN_FILE):
        return Meta(**run["meta"])


def read_history(directory: Path, names: Names) -> History:
    """A recorded run.

    Raises:
        UsageError: the folder is no run directory, damaged, or of a newer schema.
    """
    run = _run(directory)
    with parquet.damage_is_said(directory / RUN_FILE):
        meta, topology = Meta(**run["meta"]), _topology(run["topology"])
        anchors = tuple(Anchor(**one) for one in run["anchors"])
    return History(
        meta,
        topology,
        names,
        read_requests(directory),
        _events(directory / EVENTS),
        read_readings(directory),
        _generated(directory / GENERATED),
        anchors,
        sampling.read_counts(parquet.parts(directory / COUNTS)),
        request_files.read(parquet.parts(directory / ATTEMPTS)),
    )


def write_attempts(directory: Path, part: int, attempts: Requests) -> None:
    """One part file, as of requests."""
    request_files.write(parquet.part(directory / ATTEMPTS, part), attempts)


def read_requests(directory: Path) -> Requests:
    """The requests that are on disk, of a run that goes on as well; a column is read when it is first asked for.

    Raises:
        UsageError: a file is damaged. A column that is found to be so later raises it then.
    """
    return request_files.read(parquet.parts(directory / REQUESTS))


def read_readings(directory: Path) -> tuple[Reading, ...]:
    """The readings that are on disk, of a run that goes on as well.

    Raises:
        UsageError: a file is damaged.
    """
    return tuple(reading for path in parquet.parts(directory / READINGS) for reading in _readings(path))


def _run(directory: Path) -> dict[str, Any]:
    try:
        text = (directory / RUN_FILE).read_text()
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(
            f"{directory} is no run directory: it has no {RUN_FILE}",
            remedy="Name a folder below runs/, such as runs/latest.",
        ) from None
    with parquet.damage_is_said(directory / RUN_FILE):
        run: dict[str, Any] = json.loads(text)
        schema = int(run["schema"])
    if schema > SCHEMA:
        raise UsageError(f"{directory} was recorded by a newer chaoskit (schema {schema}, this one knows {SCHEMA})")
    return run


def _events(path: Path) -> tuple[Event, ...]:
    """Every whole line; a torn last one is what a kill leaves, and is skipped."""
    if not path.exists():
        return ()
    with path.open() as file, parquet.damage_is_said(path):
        return tuple(Event(**json.loads(line)) for line in file if line.endswith("\n"))


def _readings(path: Path) -> tuple[Reading, ...]:
    with parquet.damage_is_said(path):
        return tuple(Reading(**{**row, "value": json.loads(row["value"])}) for row in pq.read_table(path).to_pylist())


def _generated(path: Path) -> tuple[Generated, ...]:
    if not path.exists():
        return ()
    with parquet.damage_is_said(path):
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
