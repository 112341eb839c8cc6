"""What Locust shows is what engines counted. Run in a process of its own: importing locust patches this one."""

import json
import subprocess
import sys

import pytest

SCRIPT = """
import json, sys
import numpy as np
from chaoskit.core.history import NUMBER_COLUMNS
from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.loads.statistics import Statistics
from chaoskit.loads.locust.feeding import Names, feed
from locust.stats import RequestStats, StatsEntry

statistics, stats = Statistics(), RequestStats()
for batch in range(3):
    table = {name: np.zeros(1000, dtype) for name, dtype in NUMBER_COLUMNS.items()}
    table["load"] = np.repeat(np.array([1, 2], np.int32), 500)
    table["intended"] += np.arange(1000) * 3_000_000 + batch * 1_000_000_000
    table["end"] += np.where(np.arange(1000) % 100 == 0, 900_000, 20_000).astype(np.int32)
    table["outcome"][:7] = OUTCOMES.index(Outcome.REFUSED)
    statistics.add(table)
    names = [Names("", ""), Names("GET", "shop"), Names("POST", "pay")]
    feed(statistics.take(), names, 1_700_000_000.0, stats)
entry = stats.get("shop", "GET")
print(json.dumps({
    "requests": [entry.num_requests, stats.get("pay", "POST").num_requests, stats.total.num_requests],
    "failures": [entry.num_failures, stats.total.num_failures],
    "errors": [[error.name, error.error, error.occurrences] for error in stats.errors.values()],
    "median": entry.get_response_time_percentile(0.5),
    "p995": entry.get_response_time_percentile(0.995),
    "mean": entry.avg_response_time,
    "per_second": sum(entry.num_reqs_per_sec.values()),
}))
"""


def test_bulk_statistics_are_locusts_own() -> None:
    """Counts, failures by outcome, percentiles and mean of three batches of two loads are as they were fed."""
    ran = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=True)
    found = json.loads(ran.stdout)
    assert found["requests"] == [1500, 1500, 3000]
    assert found["failures"] == [21, 21]
    assert found["errors"] == [["shop", "refused", 21]]
    assert found["median"] == pytest.approx(20, rel=0.016)
    assert 890 <= found["p995"] <= 910
    assert abs(found["mean"] - (0.99 * 20 + 0.01 * 900)) < 0.5
    assert found["per_second"] == 1500


MERGED = """
import json
import numpy as np
from chaoskit.loads.histogram import Histogram
from chaoskit.loads.locust.feeding import Names, feed
from chaoskit.loads.statistics import Cell
from locust.event import Events
from locust.rpc.protocol import Message
from locust.stats import RequestStats, setup_distributed_stats_event_listeners

rng = np.random.default_rng(1)
master, events, whole = RequestStats(), Events(), Histogram()
setup_distributed_stats_event_listeners(events, master)
for worker in range(3):
    stats, sent = RequestStats(use_response_times_cache=False), Events()
    setup_distributed_stats_event_listeners(sent, stats)
    for second in range(4):
        cell = Cell()
        cell.latencies.add(rng.exponential(3000, 1000))
        whole = whole + cell.latencies
        feed({(1, second): cell}, [Names("", ""), Names("GET", "shop")], 1_700_000_000.0, stats)
        data = {}
        sent.report_to_master.fire(client_id="w", data=data)
        told = Message.unserialize(Message("stats", data, "w").serialize()).data
        events.worker_report.fire(client_id="w", data=told)
entry = master.get("shop", "GET")
merged = sorted(entry.response_times.items())
print(json.dumps([[[value * 1000, count] for value, count in merged], list(whole.filled()), master.total.num_requests]))
"""


def test_histograms_are_exact_through_the_master() -> None:
    """What a master merges from the messages of three workers is what one histogram of all latencies holds."""
    ran = subprocess.run([sys.executable, "-c", MERGED], capture_output=True, text=True, timeout=60, check=True)
    merged, whole, total = json.loads(ran.stdout)
    assert [[round(value), count] for value, count in merged] == whole
    assert total == 12_000
    assert len(whole) > 200
