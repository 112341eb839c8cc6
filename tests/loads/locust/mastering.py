"""A Locust master and its workers, each a process, as they are started by hand."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.loads.locust.running import SHOP, Ran, command, read
from tests.support.ports import free_port


class Master:
    """A master and workers as they are started by hand."""

    def __init__(self, folder: Path, url: str, seconds: int, *options: str) -> None:
        self.log = folder / "master.log"
        self._folder, self._url, self._port = folder, url, free_port()
        self._workers: list[subprocess.Popen[bytes]] = []
        line = command(folder, SHOP.format(rate=200), "--host", url, "--master", "--expect-workers", "2")
        line += ["--master-bind-port", str(self._port), "-t", f"{seconds}s", "--json", *options]
        with self.log.open("w") as log, (folder / "stats.json").open("w") as stats:
            self._process = subprocess.Popen(line, stdout=stats, stderr=log)

    def worker(self, *before: str) -> subprocess.Popen[bytes]:
        """One more, started by a command of its own if need be."""
        line = [*before, sys.executable, "-m", "locust", "-f", str(self._folder / "locustfile.py"), "--worker"]
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
def mastering(folder: Path, url: str, seconds: int, *options: str, second: tuple[str, ...] = ()) -> Iterator[Master]:
    """A master with two workers, until the end of the block.

    Args:
        folder: for its files.
        url: of the server.
        seconds: how long it runs.
        options: further ones of the master's.
        second: what starts the second worker.
    """
    master = Master(folder, url, seconds, *options)
    try:
        master.worker()
        master.worker(*second)
        yield master
    finally:
        master.close()


def until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)
