"""`--chaoskit-record`: a row of every request, of all engines, on one clock."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.loads.recording import read
from tests.loads.locust.mastering import mastering, until
from tests.loads.locust.running import SHOP, counting, locust

_LEAD = 86_400.0


def facts(folder: Path) -> Any:
    """What the record says of itself."""
    return json.loads((folder / "load.json").read_text())


def test_workers_rows_are_one_table(tmp_path: Path) -> None:
    """Every request of two processes has its row, in order of completion; nothing else is left in the folder."""
    folder = tmp_path / "out"
    with counting() as server:
        ran = locust(
            tmp_path,
            SHOP.format(rate=200),
            *("--host", server.url, "--processes", "2", "--chaoskit-record", str(folder)),
            seconds="4s",
        )
        assert len(read(folder)) == server.count("/") == ran.told("recorded")
    rows = read(folder)
    assert ran.status == 0, ran.log
    assert {OUTCOMES[code] for code in rows.outcome.tolist()} == {Outcome.OK}
    assert (np.diff(rows.ended) >= 0).all()
    assert sorted(path.name for path in folder.iterdir()) == ["load.json", "requests"]
    told = facts(folder)
    assert told["rows"] == {"requests": len(rows), "attempts": 0}
    assert told["account"]["scheduled"] == len(rows)
    assert len(told["clocks"]) == 2
    assert told["error_s"] < 0.2


def test_a_worker_whose_clock_is_a_day_ahead(tmp_path: Path) -> None:
    """Its lead is found within the bound that is stated, it keeps to the same schedule, and its rows lie in order."""
    folder = tmp_path / "out"
    ahead = ("unshare", "--time", "--fork", "--kill-child", "--monotonic", str(int(_LEAD)))
    with (
        counting() as server,
        mastering(tmp_path, server.url, 6, "--chaoskit-record", str(folder), second=ahead) as one,
    ):
        ran = one.wait()
        assert len(read(folder)) == server.count("/") == ran.told("recorded") == ran.told("scheduled")
    rows = read(folder)
    here, there = sorted(facts(folder)["clocks"].values(), key=lambda clock: clock["offset_s"])
    assert abs(here["offset_s"]) <= here["error_s"] < 0.1
    assert abs(there["offset_s"] - _LEAD) <= there["error_s"] < 0.1
    assert (np.diff(rows.ended) >= 0).all()
    assert rows.lag.max() < 1_000_000
    assert np.diff(np.sort(rows.intended)).max() < 200_000_000  # arrivals of both, one schedule of 200 a second


@pytest.mark.slow
def test_what_a_dead_worker_handed_over_is_kept(tmp_path: Path) -> None:
    """A worker that is killed leaves the rows it had sent by then; those of the others are whole."""
    folder = tmp_path / "out"
    with counting() as server, mastering(tmp_path, server.url, 12, "--chaoskit-record", str(folder)) as master:
        until(lambda: server.count("/") > 100)
        victim = master.worker()
        until(lambda: "3 engines share the schedule" in master.log.read_text())
        until(lambda: len(list(folder.glob("generators/2/requests/*.parquet"))) > 1)
        os.kill(victim.pid, signal.SIGKILL)
        ran = master.wait()
    rows = read(folder)
    assert ran.told("scheduled") - ran.told("lost") - 500 < len(rows) <= ran.told("scheduled")
    assert len(facts(folder)["clocks"]) == 3


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    """Nothing is sent, and the error says what to do."""
    with counting() as server:
        ran = locust(
            tmp_path, SHOP.format(rate=50), "--host", server.url, "--chaoskit-record", str(tmp_path), seconds="20s"
        )
        assert server.count("/") == 0
    assert ran.status == 3
    assert "is not empty" in ran.log
    assert "Traceback" not in ran.log
