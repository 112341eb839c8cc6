"""What engines counted, into Locust's statistics, in bulk: one event a request would cost a third of the throughput.

It goes in by the way in which a Locust master takes its workers' reports: `StatsEntry.unserialize` and `extend`.
Locust keeps how many requests took so many milliseconds; that table takes our histogram's buckets as they are,
fractions included, where Locust's own users round to two digits. The table is what workers send, and the master
adds tables up: so percentiles are as exact over many workers as they are of one, within the bucket's 1.6 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from locust.stats import RequestStats, StatsEntry, StatsEntryDict, StatsError

from chaoskit.core.load import OUTCOMES
from chaoskit.loads.statistics import Cell, Cells


@dataclass(frozen=True)
class Names:
    """How Locust calls one load."""

    method: str
    name: str


def feed(cells: Cells, loads: list[Names], second_zero: float, stats: RequestStats) -> int:
    """Move counts into Locust's statistics; returns how many requests that were.

    Args:
        cells: what was counted.
        loads: by code of the load; the first one stands for "none".
        second_zero: Unix time of the origin.
        stats: Locust's.
    """
    fed = 0
    for (load, second), cell in cells.items():
        names, moment = loads[load], second_zero + second
        entry = StatsEntry.unserialize(_entry(names, moment, cell), stats)
        stats.entries[names.name, names.method].extend(entry)
        stats.total.extend(entry)
        for code, count in cell.failures.items():
            _count_error(stats, names, str(OUTCOMES[code]), count, moment)
        fed += entry.num_requests
    return fed


def _entry(names: Names, moment: float, cell: Cell) -> StatsEntryDict:
    times = {value / 1000: count for value, count in cell.latencies.filled()}
    requests, failures, second = cell.latencies.total, sum(cell.failures.values()), int(moment)
    # Locust writes "int" but keeps fractions of a millisecond, as its own users do.
    entry = {
        "name": names.name,
        "method": names.method,
        "num_requests": requests,
        "num_none_requests": 0,
        "num_failures": failures,
        "total_response_time": sum(value * count for value, count in times.items()),
        "min_response_time": min(times),
        "max_response_time": max(times),
        "total_content_length": 0,
        "response_times": times,
        "num_reqs_per_sec": {second: requests},
        "num_fail_per_sec": {second: failures} if failures else {},
        "last_request_timestamp": moment + 0.999,
        "start_time": moment,
    }
    return cast(StatsEntryDict, entry)


def _count_error(stats: RequestStats, names: Names, text: str, count: int, moment: float) -> None:
    key = StatsError.create_key(names.method, names.name, text)
    error = stats.errors.setdefault(key, StatsError(names.method, names.name, text, 0, moment, moment))
    error.occurrences += count
    error.first_seen, error.last_seen = min(error.first_seen or moment, moment), max(error.last_seen or moment, moment)
