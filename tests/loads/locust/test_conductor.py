"""A master and its workers: one schedule, shared by who is there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chaoskit.loads.scale import cores
from tests.loads.locust.running import SHOP, Ran, command, counting, locust, read
from tests.support.ports import free_port


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


class Master:
    """A master and workers as they are started by hand."""

    def __init__(self, folder: Path, url: str, seconds: int) -> None:
        self.log = folder / "master.log"
        self._folder, self._url, self._port = folder, url, free_port()
        self._workers: list[subprocess.Popen[bytes]] = []
        line = command(folder, SHOP.format(rate=200), "--host", url, "--master", "--expect-workers", "2")
        line += ["--master-bind-port", str(self._port), "-t", f"{seconds}s", "--json"]
        with self.log.open("w") as log, (folder / "stats.json").open("w") as stats:
            self._process = subprocess.Popen(line, stdout=stats, stderr=log)

    def worker(self) -> subprocess.Popen[bytes]:
        """One more."""
        line = [sys.executable, "-m", "locust", "-f", str(self._folder / "locustfile.py"), "--worker"]
        line += ["--master-port", str(self._port)]
        with (self._folder / f"worker-{len(self._workers)}.log").open("w") as log:
            self._workers.append(subprocess.Popen(line, stdout=log, stderr=log))
        return self._workers[-1]

    def wait(self) -> Ran:
        """The end."""
        status = self._process.wait(60)
        return Ran(status, self.log.read_text(), read((self._folder / "stats.json").read_text()))

    def close(self) -> None:
        """End whatever is still there."""
        for process in (self._process, *self._workers):
            process.kill()
            process.wait()


@contextmanager
def mastering(folder: Path, url: str, seconds: int) -> Iterator[Master]:
    """A master with two workers, until the end of the block."""
    master = Master(folder, url, seconds)
    try:
        master.worker()
        master.worker()
        yield master
    finally:
        master.close()


def until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


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
