"""Ctrl-C, `chaoskit stop` and `chaoskit note`, as a person uses them on a run that is going on."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chaoskit.engine import facts
from tests.support.machine import look

pytestmark = [pytest.mark.lab, pytest.mark.alone, pytest.mark.usefixtures("signals_heard")]
SMALL = Path(__file__).parent / "small" / "small.py"


@contextmanager
def _running(runs: Path) -> Iterator[subprocess.Popen[str]]:
    before = look()
    argv = [sys.executable, "-m", "chaoskit", "run", f"{SMALL}::frozen", "--json", "--runs", str(runs)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
    assert look() == before
    assert not [running for running in facts.everything() if running.directory.is_relative_to(runs)]


def _events(runs: Path) -> list[dict[str, object]]:
    (path,) = runs.glob("*small.frozen*/events.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()]


def _await(process: subprocess.Popen[str], words: str) -> None:
    """Read what the run says until it says these words."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if words in line:
            return
    raise AssertionError("".join(said))


def _run_of(runs: Path) -> facts.Running:
    (running,) = [one for one in facts.everything() if one.directory.is_relative_to(runs)]
    return running


@pytest.mark.parametrize("wait", [0.0, 0.4, 0.8])
def test_ctrl_c_while_the_lab_comes_up_leaves_nothing(tmp_path: Path, wait: float) -> None:
    """Whenever it comes, everything is taken down and the exit status is 130."""
    with _running(tmp_path) as process:
        _await(process, "phase lab")
        time.sleep(wait)  # any moment will do: that is what is tested
        process.send_signal(signal.SIGINT)
        status, said = process.wait(10), process.stderr.read() if process.stderr else ""
        assert status == 130, said
        assert "Traceback" not in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_the_middle_of_a_fault_undoes_it_and_keeps_the_record(
    tmp_path: Path, number: signal.Signals
) -> None:
    """The frozen daemon is gone with its lab, the history up to then is on disk, the exit status is 130."""
    with _running(tmp_path) as process:
        _await(process, "freeze: confirmed")
        process.send_signal(number)
        _, said = process.communicate(timeout=10)
    assert process.returncode == 130, said
    assert "interrupted; everything was undone" in said
    assert "Traceback" not in said
    assert [event["what"] for event in _events(tmp_path) if event["kind"] == "action"] == [
        "begin", "confirmed", "end", "undone",
    ]  # fmt: skip


def test_a_run_that_loses_its_keeper_is_unknown_and_clean(tmp_path: Path) -> None:
    """What was in force ended with the lab: that is no leftover, which would have made the run a fail."""
    with _running(tmp_path) as process:
        _await(process, "freeze: confirmed")
        keeper = _run_of(tmp_path).keeper
        assert keeper
        assert keeper.kill()
        stdout, stderr = process.communicate(timeout=15)
    assert process.returncode == 2, stderr
    assert "keeper" in json.loads(stdout)["stopped"]
    (audit,) = [event for event in _events(tmp_path) if event["kind"] == "audit"]
    assert audit["what"] == "clean", audit


def test_stop_and_note_reach_a_run_by_its_id(tmp_path: Path) -> None:
    """A note is in the history at its moment; a stop undoes within a second and leaves the verdict unknown."""
    with _running(tmp_path) as process:
        _await(process, "freeze: confirmed")
        run = _run_of(tmp_path).run
        for argv in (["note", run, "the pager went off"], ["stop", run]):
            subprocess.run([sys.executable, "-m", "chaoskit", *argv], check=True, timeout=10, capture_output=True)
        stdout, _stderr = process.communicate(timeout=15)
    assert process.returncode == 2
    assert json.loads(stdout)["verdict"] == "unknown"
    events = _events(tmp_path)
    assert [event["what"] for event in events if event["kind"] == "note"] == ["the pager went off"]
    stopped = next(event["t"] for event in events if event["what"] == "stopped")
    undone = next(event["t"] for event in events if event["what"] == "undone")
    assert undone - stopped < 1_000_000_000  # type: ignore[operator]
