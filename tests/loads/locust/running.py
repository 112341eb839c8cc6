"""The plain `locust` command on a locustfile."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.loads.servers import requests_on, serving
from tests.support.ports import free_port

SHOP = """
from chaoskit.loads.locust import ArrivalUser
class Shop(ArrivalUser):
    request = "/"
    arrivals = "{rate}/s"
    seed = 7
"""


@dataclass(frozen=True)
class Ran:
    """What a run of Locust came to: exit status, log, and statistics by name."""

    status: int
    log: str
    stats: dict[str, dict[str, Any]]

    def told(self, what: str) -> int:
        """A figure of the account that ends the run: `scheduled`, `recorded`, ...; 0 if it has none."""
        found = re.search(rf"(\d+) (?:arrivals )?{what}", self.log)
        return int(found[1]) if found else 0


def command(folder: Path, text: str, *options: str) -> list[str]:
    """What runs a locustfile headless for one user."""
    file = folder / "locustfile.py"
    file.write_text(text)
    return [sys.executable, "-m", "locust", "-f", str(file), "--headless", "--only-summary", "-u", "1", *options]


def locust(folder: Path, text: str, *options: str, seconds: str = "3s", **environment: str) -> Ran:
    """Run a locustfile to its end."""
    line = [*command(folder, text, *options), "-t", seconds, "--json"]
    if "--processes" in options:  # their master has a port, and other tests have masters as well
        port = str(free_port())
        line += ["--master-bind-port", port, "--master-port", port]
    ran = subprocess.run(
        line, capture_output=True, text=True, timeout=60, env={**os.environ, **environment}, check=False
    )
    return Ran(ran.returncode, ran.stderr, read(ran.stdout))


def read(printed: str) -> dict[str, dict[str, Any]]:
    """Statistics as `--json` prints them; workers that share the output print empty ones."""
    entries: list[dict[str, Any]] = []
    decoder, at = json.JSONDecoder(), 0
    while (at := printed.find("[", at)) >= 0:
        part, at = decoder.raw_decode(printed, at)
        entries += part
    return {entry["name"]: entry for entry in entries if entry["num_requests"]}


class Counter:
    """A server that counts requests by their path; `/missing` is none of its."""

    def __init__(self, port: int, heads: list[bytes]) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._heads = heads

    def count(self, path: str) -> int:
        """How many requests of a path came."""
        return sum(head.split()[1] == path.encode() for head in self._heads)


@contextmanager
def counting() -> Iterator[Counter]:
    """Run one until the end of the block."""
    heads: list[bytes] = []
    lock = threading.Lock()

    def behave(connection: Any) -> None:
        for head in requests_on(connection):
            with lock:
                heads.append(head)
            status = b"404 Not Found" if b" /missing " in head else b"200 OK"
            connection.sendall(b"HTTP/1.1 %s\r\nContent-Length: 2\r\n\r\nhi" % status)

    with serving(behave) as port:
        yield Counter(port, heads)
