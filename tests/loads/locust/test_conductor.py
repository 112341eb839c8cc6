"""A master and its workers: one schedule, shared by who is there."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from chaoskit.loads.scale import cores
from tests.loads.locust.mastering import mastering, until
from tests.loads.locust.running import SHOP, counting, locust


def test_two_processes_send_what_one_would_send(tmp_path: Path) -> None:
    """With `--processes 2` each arrival is sent by one of them, and the master's figures are complete."""
    with counting() as server:
        ran = locust(tmp_path, SHOP.format(rate=200), "--host", server.url, "--processes", "2", seconds="5s")
        assert server.count("/") == ran.told("recorded") == ran.told("scheduled") == ran.stats["/"]["num_requests"]
    assert ran.status == 0, ran.log
    assert "2 engine(s)" in ran.log
    assert ran.told("recorded") > 300


SPIKE = """
from chaoskit.loads.arrivals import poisson
from chaoskit.loads.locust import ArrivalUser
from chaoskit.loads.shapes import spike
class Shop(ArrivalUser):
    request = "/"
    arrivals = poisson(spike("200/s", "30000/s", at="10m", lasting="1m"))
    seed = 7
"""


def test_a_process_on_its_own_has_an_engine_for_each_core_that_its_rate_needs(tmp_path: Path) -> None:
    """Two for a peak of 30,000 a second, or fewer where there are fewer cores; they share one schedule."""
    with counting() as server:
        ran = locust(tmp_path, SPIKE, "--host", server.url)
        assert server.count("/") == ran.told("recorded") == ran.told("scheduled") == ran.stats["/"]["num_requests"]
    assert ran.status == 0, ran.log
    assert f"{min(2, cores())} engine(s)" in ran.log
    assert ran.told("recorded") > 150


@pytest.mark.slow
def test_a_worker_that_joins_takes_its_share(tmp_path: Path) -> None:
    """The schedule is shared anew among three; every arrival is sent exactly once."""
    with counting() as server, mastering(tmp_path, server.url, 9) as master:
        until(lambda: server.count("/") > 50)
        master.worker()
        until(lambda: "3 engines share the schedule" in master.log.read_text())
        ran = master.wait()
        assert server.count("/") == ran.told("recorded") == ran.told("scheduled") == ran.stats["/"]["num_requests"]
    assert ran.status == 0, ran.log


@pytest.mark.slow
def test_what_a_dead_worker_owed_is_told(tmp_path: Path) -> None:
    """The others take over what is not yet due; what was lost meanwhile is counted, and no count is made up."""
    with counting() as server, mastering(tmp_path, server.url, 12) as master:
        until(lambda: server.count("/") > 100)
        victim = master.worker()
        until(lambda: "3 engines share the schedule" in master.log.read_text())
        os.kill(victim.pid, signal.SIGKILL)
        until(lambda: "2 engines share the schedule" in master.log.read_text())
        ran = master.wait()
        assert ran.told("scheduled") == ran.told("recorded") + ran.told("lost")
        assert ran.told("recorded") <= server.count("/") <= ran.told("scheduled")
    assert 0 < ran.told("lost") < ran.told("scheduled") / 2
