"""Rows of a run of tens of millions: one in so many successes is kept, every failure, and exact counts of all.

What is counted is kept as histograms: how many requests of a load, from a client, with an outcome, that were meant to
start in a second, had a latency of each bucket of `chaoskit.loads.histogram`. That is a few kB a second at any rate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from chaoskit.core.history import Requests
from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.core.units import NS
from chaoskit.loads import parquet
from chaoskit.loads.histogram import BUCKETS, bucket_of

_OK = OUTCOMES.index(Outcome.OK)


class Sampler:
    """Chooses rows as they come: of each load the first success, and from there one in so many."""

    def __init__(self, one_in: int) -> None:
        self._one_in = one_in
        self._seen: dict[str, int] = {}

    def chosen(self, table: Requests) -> Requests:
        """The rows of the next part that are kept."""
        good = table.outcome == _OK
        kept = ~good
        for load in table.load.labels:
            rows = np.flatnonzero(good & table.load.equals(load))
            seen = self._seen.get(load, 0)
            kept[rows[-seen % self._one_in :: self._one_in]] = True
            self._seen[load] = seen + len(rows)
        return table.take(kept)


def write_counts(path: Path, table: Requests) -> None:
    """The exact counts of one part.

    Raises:
        OSError: the disk would not take them.
    """
    seconds = table.intended // NS
    first = int(seconds.min(initial=0))
    span = int(seconds.max(initial=0)) - first + 1
    parts = (table.load.codes, table.client.codes, table.outcome, seconds - first, bucket_of(table.end))
    sizes = (len(table.load.labels), len(table.client.labels), len(OUTCOMES), span, BUCKETS)
    cells, counts = np.unique(_cells(parts, sizes), return_counts=True)
    load, client, outcome, second, bucket = np.unravel_index(cells, sizes)
    columns = {
        "load": pa.DictionaryArray.from_arrays(load.astype(np.int32), pa.array(table.load.labels)),
        "client": pa.DictionaryArray.from_arrays(client.astype(np.int32), pa.array(table.client.labels)),
        "outcome": pa.array(outcome.astype(np.int8)),
        "second": pa.array((second + first).astype(np.int32)),
        "bucket": pa.array(bucket.astype(np.int16)),
        "count": pa.array(counts.astype(np.int64)),
    }
    parquet.write(pa.table(columns), path)


def _cells(parts: Sequence[NDArray[np.integer]], sizes: Sequence[int]) -> NDArray[np.int64]:
    """One number for each row's cell of a table of these sizes."""
    cells = np.zeros(len(parts[0]), np.int64)
    for part, size in zip(parts, sizes, strict=True):
        cells *= size
        cells += part
    return cells


def read_counts(paths: Sequence[Path]) -> Mapping[tuple[str, str], int]:
    """Requests by load and client host.

    Raises:
        UsageError: a part is damaged.
    """
    found: dict[tuple[str, str], int] = {}
    for path in paths:
        with parquet.damage_is_said(path):
            table = pq.read_table(path, columns=["load", "client", "count"])
            for row in table.group_by(["load", "client"]).aggregate([("count", "sum")]).to_pylist():
                key = row["load"], row["client"]
                found[key] = found.get(key, 0) + row["count_sum"]
    return found
