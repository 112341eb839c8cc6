"""Proving many experiments at once, on real labs."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path

import pytest

from chaoskit.core.errors import DefinitionError, UsageError
from chaoskit.core.progress import OneView, Silent
from chaoskit.core.summary import Summary
from chaoskit.core.verdict import PASS
from chaoskit.engine import facts
from chaoskit.engine.catalogue import prove_all
from chaoskit.engine.discovery import Broken, select
from chaoskit.engine.options import RunOptions
from chaoskit.engine.prove import Choice
from chaoskit.engine.rejudge import judge_directory
from chaoskit.engine.resume import shown_before
from chaoskit.engine.sources import Source
from chaoskit.report.summary.rows import rows_of
from tests.samples import write

SMALL = Path(__file__).parent / "small" / "small.py"
NOT_PLANNED = """
from chaoskit import Experiment, Lab, at, name
from chaoskit.actions.crash import crash
outage = at("1s", crash(name("nobody")), lasting="1s")
nobody = Experiment(claim="c", lab=Lab({lab!r}), duration="9s", timeline=[outage])
"""

pytestmark = pytest.mark.lab


class Watched(Silent):
    """Tells that a run has come to a phase."""

    def __init__(self, phase: str) -> None:
        self._wanted = phase
        self.reached = threading.Event()

    def phase(self, name: str, lasting_s: float | None = None) -> None:
        """Note it."""
        if name == self._wanted:
            self.reached.set()


def test_what_cannot_be_proved_stops_nothing_else(tmp_path: Path) -> None:
    """A file that does not load and an experiment that cannot be planned are rows; the others are proved."""
    odd = write(tmp_path / "odd.py", NOT_PLANNED.format(lab=str(SMALL.parent / "compose.yaml")))
    wanted = (*select([f"{odd}::nobody"]), *select([f"{SMALL}::unharmed", f"{SMALL}::ends_early"]))
    source = Source(tmp_path / "torn.py", "torn", tmp_path)
    broken = (Broken(source, DefinitionError("torn.py:3: name 'x' is not defined")),)
    options = RunOptions(tmp_path / "runs", ready_within=10 * 10**9)
    summary = prove_all(
        wanted, broken, Choice(seed=1, jobs=2, rerun_unknown=2), options, OneView(Silent()), "chaoskit prove --all"
    )
    words = {f"{row.experiment} {row.arm}".rstrip(): row.word for row in rows_of(summary)}
    assert words == {
        "torn": "error",
        "odd.nobody": "error",
        "small.unharmed guarded": "pass",
        "small.unharmed clients-of-the-dead-one": "proved",
        "small.unharmed nothing-is-wrong-here": "not proved",
        "small.unharmed does-not-come-up": "not proved",
        "small.ends_early guarded": "pass",
    }
    assert (tmp_path / "runs" / "latest").resolve() == summary.directory
    assert summary.effort.runs >= 4
    assert 0 < summary.effort.beside < 30
    assert 4 * 3 <= summary.effort.planned <= summary.effort.runs * 4.1
    assert _on_disk(summary)["verdict"] == "error"
    with pytest.raises(UsageError, match=r"sums up 4 experiments(?s:.)*small\.unharmed"):
        judge_directory(summary.directory)
    assert all(row.report is None or row.report.is_file() for row in rows_of(summary))


def test_what_was_shown_before_is_not_run_again(tmp_path: Path) -> None:
    """Judged anew from its runs; what was unknown then, or had another seed or parameter, is to be proved."""
    options = RunOptions(tmp_path / "runs", ready_within=10 * 10**9)
    (ends_early,) = select([f"{SMALL}::ends_early"])
    board = OneView(Silent())
    first = prove_all([ends_early], (), Choice(seed=1, rerun_unknown=2), options, board, "chaoskit prove")
    others = select([f"{SMALL}::unharmed"])
    shown = shown_before(first.directory, [ends_early, *others], 1)
    assert list(shown) == ["small.ends_early"]
    assert shown["small.ends_early"].effort.seconds == pytest.approx(first.effort.seconds, abs=0.001)
    assert shown_before(first.directory, [ends_early], 2) == {}
    second = prove_all([ends_early], (), Choice(seed=1), options, board, "chaoskit prove", shown)
    (again,) = second.results
    assert again.directory == first.results[0].directory
    assert again.verdict is PASS
    (longer,) = select([f"{SMALL}::ends_early"], overrides={"length": "5s"})
    assert shown_before(first.directory, [longer], 1) == {}
    assert shown_before(first.directory, [ends_early], 1, "docker") == {}
    with pytest.raises(UsageError, match=r"holds no summary\.json"):
        shown_before(again.directory, [ends_early], 1)


@pytest.mark.usefixtures("signals_heard")
def test_ctrl_c_undoes_everything_and_the_summary_tells_what_was_done(tmp_path: Path) -> None:
    """Both labs under way are taken down; what had not begun never does; the summary on disk says so."""
    wanted = select([f"{SMALL}::frozen", f"{SMALL}::guarded_by_reading", f"{SMALL}::ends_early"])
    watched = Watched("run")

    begun: set[Path] = set()

    def interrupt() -> None:
        if watched.reached.wait(60):
            begun.update(tmp_path.glob("2*-small.*"))
            os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt, daemon=True)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        prove_all(wanted, (), Choice(seed=1, jobs=2), RunOptions(tmp_path), OneView(watched), "chaoskit prove --all")
    thread.join()
    assert not [running for running in facts.everything() if running.directory.is_relative_to(tmp_path)]
    data = json.loads((tmp_path / "latest" / "summary.json").read_text())
    assert (data["wanted"], data["experiments"]) == (3, [])
    assert "interrupted" in data["stopped"]
    made = set(tmp_path.glob("2*-small.*"))
    assert begun
    assert begun <= made
    assert len(made - begun) <= 1  # the other job may have been about to begin


def _on_disk(summary: Summary) -> dict[str, object]:
    data: dict[str, object] = json.loads((summary.directory / "summary.json").read_text())
    return data
