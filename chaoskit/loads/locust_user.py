"""The engine as a Locust user: Locust runs it, shows it and sums it up; requests do not pass through it.

One event a request would cost a third of the throughput. Statistics arrive in bulk instead, by the
way in which a Locust master takes its workers' reports: `StatsEntry.unserialize` and `extend`.
Importing this module imports locust, which would patch the standard library unless asked not to: only the child does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import gevent
from locust import User, constant, task
from locust.env import Environment
from locust.stats import RequestStats, StatsEntry, StatsEntryDict, StatsError, bucket_response_time

from chaoskit.core.load import OUTCOMES
from chaoskit.loads.statistics import Cell, Statistics

_PERIOD = 1.0


@dataclass(frozen=True)
class Names:
    """How Locust calls one load."""

    method: str
    name: str


class EngineUser(User):
    """Starts the engine in a thread of its own, and feeds Locust's statistics until it ends."""

    fixed_count = 1
    wait_time = constant(0)
    launch: Callable[[], None]
    ended: Callable[[], bool]
    feed: Callable[[], None]

    def on_start(self) -> None:
        """Let the engine go."""
        type(self).launch()

    @task
    def pump(self) -> None:
        """Pass on what was counted, once a second; stop Locust when the engine has ended."""
        waited = 0.0
        while waited < _PERIOD and not type(self).ended():
            gevent.sleep(0.02)
            waited += 0.02
        type(self).feed()
        if type(self).ended():
            self.environment.runner.quit()


def run(launch: Callable[[], None], ended: Callable[[], bool], feed: Callable[[RequestStats], None]) -> RequestStats:
    """Run Locust headless with one engine until that ends; returns Locust's statistics."""
    environment = Environment(user_classes=[EngineUser])
    runner = environment.create_local_runner()
    EngineUser.launch = staticmethod(launch)
    EngineUser.ended = staticmethod(ended)
    EngineUser.feed = staticmethod(lambda: feed(environment.stats))
    runner.start(1, spawn_rate=1)
    runner.greenlet.join()
    feed(environment.stats)
    return environment.stats


def feed(statistics: Statistics, loads: list[Names], second_zero: float, stats: RequestStats) -> None:
    """Move counts into Locust's statistics.

    Args:
        statistics: what the writer thread counted.
        loads: by code of the load; the first one stands for "none".
        second_zero: Unix time of the origin.
        stats: Locust's.
    """
    for (load, second), cell in statistics.take().items():
        names = loads[load]
        entry = StatsEntry.unserialize(_entry(names, second_zero + second, cell), stats)
        stats.entries[names.name, names.method].extend(entry)
        stats.total.extend(entry)
        for code, count in cell.failures.items():
            _count_error(stats, names, str(OUTCOMES[code]), count)


def _entry(names: Names, moment: float, cell: Cell) -> StatsEntryDict:
    times: dict[int, int] = {}
    total, values = 0.0, []
    for value, count in cell.latencies.filled():
        milliseconds = value / 1000
        key = bucket_response_time(milliseconds)
        times[key] = times.get(key, 0) + count
        total += milliseconds * count
        values.append(milliseconds)
    failures, second = sum(cell.failures.values()), int(moment)
    # Locust writes "int" but keeps fractions of a millisecond, as its own users do.
    entry = {
        "name": names.name,
        "method": names.method,
        "num_requests": cell.latencies.total,
        "num_none_requests": 0,
        "num_failures": failures,
        "total_response_time": total,
        "min_response_time": min(values),
        "max_response_time": max(values),
        "total_content_length": 0,
        "response_times": times,
        "num_reqs_per_sec": {second: cell.latencies.total},
        "num_fail_per_sec": {second: failures} if failures else {},
        "last_request_timestamp": moment + 0.999,
        "start_time": moment,
    }
    return cast(StatsEntryDict, entry)


def _count_error(stats: RequestStats, names: Names, text: str, count: int) -> None:
    key = StatsError.create_key(names.method, names.name, text)
    error = stats.errors.setdefault(key, StatsError(names.method, names.name, text))
    error.occurrences += count
