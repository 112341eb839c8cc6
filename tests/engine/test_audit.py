"""The audit after a run: what is left, by its journal and by what its driver finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaoskit.core.units import NS
from chaoskit.engine import facts
from chaoskit.engine.audit import left_behind
from chaoskit.engine.journal import Journal
from chaoskit.steps.stop import Stop
from chaoskit.testing import FakeClock
from tests.support.left import WORLD, Killed, killed, places


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Killed:
    """A run of which nobody has taken care."""
    places(tmp_path, monkeypatch)
    return killed(tmp_path)


def _over(run: Killed) -> None:
    WORLD.lab = None
    Journal(run.journal).conclude()
    facts.remove(run.order)


def test_a_run_that_was_taken_down_left_nothing(run: Killed) -> None:
    """Nobody waits for it either."""
    _over(run)
    clock = FakeClock()
    assert left_behind(run.order, clock) == ()
    assert clock.slept == []


def test_everything_that_is_left_is_found(run: Killed) -> None:
    """The lab, the steps that were not undone, and the folder: after ten seconds of waiting for an engine."""
    run.did("outage", Stop("web-eu-1"))
    clock = FakeClock()
    found = left_behind(run.order, clock)
    assert found == ("step 1 of outage was not undone", f"folder {run.order.runtime}", "the world")
    assert sum(clock.slept) == pytest.approx(10 * NS, abs=NS)


def test_what_nobody_can_tell_is_no_clean_bill(run: Killed) -> None:
    """An engine that does not answer may hold anything."""
    _over(run)
    WORLD.trouble = "the engine does not answer"
    assert left_behind(run.order, FakeClock()) == (
        "nobody can tell what is left of the lab: the engine does not answer",
    )


def test_what_goes_within_its_time_is_not_left(run: Killed) -> None:
    """An engine removes things after it has answered."""
    _over(run)
    WORLD.trouble = "later"

    class Later(FakeClock):
        def sleep(self, ns: int) -> None:
            super().sleep(ns)
            WORLD.trouble = ""

    assert left_behind(run.order, Later()) == ()


def test_a_native_lab_has_two_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends by the kernel's doing, and no driver is asked."""
    places(tmp_path, monkeypatch)
    run, clock = killed(tmp_path, driver="native"), FakeClock()
    assert left_behind(run.order, clock) == (f"folder {run.order.runtime}",)
    assert sum(clock.slept) == pytest.approx(2 * NS, abs=NS // 10)
