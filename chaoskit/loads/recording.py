"""A load's rows on disk, by several generators: in parts by generator while it goes on, on one clock when it is over.

DIR/requests/part-*.parquet    one row an arrival; columns as in `chaoskit.core.history.Requests`
DIR/attempts/part-*.parquet    as of requests, one row an attempt that failed and was followed by another
DIR/load.json                  when it began, what became of all arrivals, how exact the moments are
DIR/generators/N/...           while it goes on, and after a kill: what each generator has handed over
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from chaoskit.core.clock_offset import ClockCourse
from chaoskit.core.errors import UsageError
from chaoskit.core.history import SCHEMA, Requests, concatenate
from chaoskit.core.step import Json
from chaoskit.loads import parquet, request_files
from chaoskit.loads.merge import Merge, Share
from chaoskit.loads.parts import ATTEMPTS, REQUESTS

_ROWS = 200_000
_GENERATORS = "generators"
_FACTS = "load.json"


@dataclass(frozen=True)
class Whole:
    """What a recording came to.

    Attributes:
        rows: of requests.
        error: seconds that the moments of two rows may be off against each other at most.
    """

    rows: int
    error: float


class Recording:
    """See the module.

    Args:
        directory: where; made if need be.

    Raises:
        UsageError: something is there already, or it cannot be made.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._numbers: dict[str, int] = {}
        try:
            directory.mkdir(parents=True, exist_ok=True)
            taken = next(directory.iterdir(), None)
        except OSError as error:
            raise UsageError(f"cannot record in {directory}: {error.strerror}") from None
        if taken is not None:
            raise UsageError(
                f"{directory} is not empty: it holds {taken.name}", remedy="Name a folder that is not there yet."
            )

    def take(self, generator: str, kind: str, number: int, data: bytes) -> None:
        """One part of a generator's rows, as the file that it is to be.

        Raises:
            OSError: the disk would not take it.
        """
        path = parquet.part(self._folder(generator) / kind, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".whole")
        beside.write_bytes(data)
        beside.replace(path)

    def parts_of(self, generator: str) -> int:
        """How many parts a generator has handed over."""
        return sum(len(parquet.parts(self._folder(generator) / kind)) for kind in (REQUESTS, ATTEMPTS))

    def finish(
        self,
        clocks: Mapping[str, tuple[int, ClockCourse]],
        origin: int,
        facts: Mapping[str, Json],
        rest: Callable[[], None] = lambda: None,
    ) -> Whole:
        """Merge all that was handed over.

        Args:
            clocks: of each generator the origin of its moments by its own clock, and how far that one leads.
            origin: the same moment by the common clock.
            facts: what is to be known beside.
            rest: called now and then meanwhile.

        Raises:
            OSError: the disk would not take it.
            UsageError: a part is damaged.
        """
        merged = {kind: Merge(list(self._shares(kind, clocks)), origin) for kind in (REQUESTS, ATTEMPTS)}
        rows = {kind: self._write(kind, merge, rest) for kind, merge in merged.items()}
        whole = Whole(rows[REQUESTS], merged[REQUESTS].error)
        told = {"schema": SCHEMA, **facts, "rows": rows, "clocks": merged[REQUESTS].clocks, "error_s": whole.error}
        (self.directory / _FACTS).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
        shutil.rmtree(self.directory / _GENERATORS, ignore_errors=True)
        return whole

    def _folder(self, generator: str) -> Path:
        return self.directory / _GENERATORS / str(self._numbers.setdefault(generator, len(self._numbers)))

    def _shares(self, kind: str, clocks: Mapping[str, tuple[int, ClockCourse]]) -> Iterator[Share]:
        for generator in self._numbers:
            began, clock = clocks[generator]
            paths = parquet.parts(self._folder(generator) / kind)
            yield Share(generator, (request_files.read([path]) for path in paths), began, clock)

    def _write(self, kind: str, merge: Merge, rest: Callable[[], None]) -> int:
        """Write what is merged as it comes; returns how many rows that were."""
        rows = 0
        for number, table in enumerate(_gathered(merge.tables())):
            request_files.write(parquet.part(self.directory / kind, number), table)
            rows += len(table)
            rest()
        return rows


def read(directory: Path) -> Requests:
    """The requests of a recording that is finished; a column is read when it is first asked for.

    Raises:
        UsageError: there is none, or it is damaged.
    """
    if not (directory / _FACTS).exists():
        raise UsageError(f"{directory} is no finished recording: it has no {_FACTS}")
    return request_files.read(parquet.parts(directory / REQUESTS))


def _gathered(tables: Iterator[Requests]) -> Iterator[Requests]:
    waiting: list[Requests] = []
    for table in tables:
        waiting.append(table)
        if sum(map(len, waiting)) >= _ROWS:
            yield concatenate(waiting)
            waiting = []
    if waiting:
        yield concatenate(waiting)
