"""Locust's web page over an engine."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.loads.locust.running import SHOP, counting
from tests.report.browser import browser, installed
from tests.support.ports import free_port

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not installed(), reason="chromium and chromedriver are not installed"),
]
MISSING = """
class Missing(ArrivalUser):
    request = "/missing"
    arrivals = "20/s"
"""


@pytest.fixture
def page(tmp_path: Path) -> Iterator[str]:
    """The address of a Locust that runs at 100/s and 20/s."""
    file, port = tmp_path / "locustfile.py", free_port()
    file.write_text(SHOP.format(rate=100) + MISSING)
    with counting() as server, (tmp_path / "log").open("w") as log:
        line = [sys.executable, "-m", "locust", "-f", str(file), "--autostart", "-u", "1", "--host", server.url]
        line += ["--web-host", "127.0.0.1", "--web-port", str(port)]
        process = subprocess.Popen(line, stdout=log, stderr=log)
        try:
            until(lambda: _listens(port))
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()
            process.wait(20)


TABLE = "return [...document.querySelectorAll('table tr')].map(row => [...row.cells].map(cell => cell.innerText))"
"""The table as it is at one moment: the page keeps replacing it."""


def heads(chrome: Any) -> list[str]:
    """Titles of the columns of the table that is shown."""
    table = chrome.execute_script(TABLE)
    return table[0] if table else []


def rows(chrome: Any) -> dict[str, list[str]]:
    """Its rows, by the name in their second column."""
    return {row[1]: row for row in chrome.execute_script(TABLE)[1:] if len(row) > 1}


def until(reached: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Wait for a condition; returns what it came to."""
    deadline = time.monotonic() + seconds
    while not (found := reached()):
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.1)
    return found


def test_rates_percentiles_and_failures_show(page: str, tmp_path: Path) -> None:
    """The table has the rate and percentiles of each class, and failures are listed by outcome."""
    with browser(tmp_path / "profile") as chrome:
        columns = until(lambda: _opened(chrome, page))
        rate, p99 = columns.index("Current RPS"), columns.index("99%ile (ms)")
        until(lambda: 50 < float(rows(chrome).get("/", ["0"] * len(columns))[rate] or 0) < 150)
        assert float(rows(chrome)["/"][p99]) > 0
        chrome.get(f"{page}?tab=failures")
        failures = until(lambda: next((row for row in rows(chrome).values() if "/missing" in row), None))
        assert any("4xx" in cell for cell in failures)
        assert int(failures[0]) > 0


def _listens(port: int) -> bool:
    """Whether the page's server accepts connections."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _opened(chrome: Any, page: str) -> list[str]:
    """Titles of the columns, once the page is there; before the run has begun it shows a form that stays."""
    chrome.get(page)
    deadline = time.monotonic() + 2
    while not (found := heads(chrome)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found
