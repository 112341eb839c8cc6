"""A locustfile with an open-loop user class, run by the plain `locust` command."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.loads.locust.running import SHOP, counting, locust

MISSING = """
class Missing(ArrivalUser):
    request = "/missing"
    arrivals = "20/s"
"""
LOST = """
from chaoskit.loads.locust import ArrivalUser
class Lost(ArrivalUser):
    request = "http://192.0.2.1/"
    arrivals = "20/s"
"""


def test_every_arrival_is_sent_once_and_counted_by_outcome(tmp_path: Path) -> None:
    """Schedule, engine, Locust's statistics and the server agree; failures have a line for each outcome; status 1."""
    with counting() as server:
        ran = locust(tmp_path, SHOP.format(rate=150) + MISSING, "--host", server.url, "--csv", str(tmp_path / "out"))
        shop, missing = ran.stats["/"], ran.stats["/missing"]
        assert (server.count("/"), server.count("/missing")) == (shop["num_requests"], missing["num_requests"])
    assert ran.status == 1, ran.log
    assert shop["num_requests"] > 150
    assert (shop["num_failures"], missing["num_failures"]) == (0, missing["num_requests"])
    assert ran.told("scheduled") == ran.told("recorded") == shop["num_requests"] + missing["num_requests"]
    with (tmp_path / "out_failures.csv").open() as file:
        (failure,) = csv.DictReader(file)
    assert (failure["Name"], failure["Error"]) == ("/missing", "4xx")
    assert int(failure["Occurrences"]) == missing["num_requests"]


def test_statistics_keep_fractions_of_milliseconds(tmp_path: Path) -> None:
    """Locust's table of response times has the engine's buckets, and the summary prints percentiles from it."""
    with counting() as server:
        ran = locust(tmp_path, SHOP.format(rate=100), "--host", server.url)
    times = {float(key): count for key, count in ran.stats["/"]["response_times"].items()}
    assert sum(times.values()) == ran.stats["/"]["num_requests"]
    assert any(key != int(key) for key in times)
    ordered = sorted(key for key, count in times.items() for _ in range(count))
    middle = {ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]}
    assert any(f"p50 {value:.3f}" in ran.log for value in middle)


def test_users_do_not_matter_without_a_shape(tmp_path: Path) -> None:
    """With `-u 9` there is one engine and the rate that was asked for."""
    with counting() as server:
        ran = locust(tmp_path, SHOP.format(rate=100), "--host", server.url, "-u", "9", "-r", "9")
    assert ran.status == 0, ran.log
    assert "1 engine(s)" in ran.log
    assert 130 < ran.told("scheduled") < 310


def test_the_rate_follows_a_shape(tmp_path: Path) -> None:
    """No users for a while, then ten: `arrivals` is what each of them contributes."""
    shape = """
from locust import LoadTestShape
class Late(LoadTestShape):
    def tick(self):
        t = self.get_run_time()
        return (0, 100) if t < 2 else (10, 100) if t < 6 else None
"""
    with counting() as server:
        ran = locust(tmp_path, SHOP.format(rate=20) + shape, "--host", server.url)
        assert server.count("/") == ran.told("recorded") == ran.told("scheduled")
    assert ran.status == 0, ran.log
    assert 300 < ran.told("recorded") < 1000


def test_a_target_outside_of_labs_is_refused(tmp_path: Path) -> None:
    """Nothing is sent, the run ends at once with status 3, and the remedy is one for locustfiles."""
    ran = locust(tmp_path, LOST, seconds="20s")
    assert ran.status == 3
    assert "192.0.2.1 is outside" in ran.log
    assert "i_own_the_target = True" in ran.log
    assert ran.stats == {}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("    request = '/'\n    arrivals = '5/s'\n", "does not say where / is"),
        ("    request = 'http://127.0.0.1/'\n", "has no arrivals"),
        ("    request = 'http://127.0.0.1/'\n    arrivals = 'often'\n", "often"),
    ],
)
def test_a_class_that_describes_no_load(tmp_path: Path, text: str, problem: str) -> None:
    """A mistake in the locustfile is told in a sentence, and the status is 3."""
    ran = locust(tmp_path, f"from chaoskit.loads.locust import ArrivalUser\nclass Odd(ArrivalUser):\n{text}")
    assert ran.status == 3
    assert problem in ran.log
    assert "Traceback" not in ran.log
