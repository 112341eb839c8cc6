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
