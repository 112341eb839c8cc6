"""A run that is stopped while an action is being done, or while the lab is asked whom it hits."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaoskit.core.history import Event
from chaoskit.core.progress import Progress, Silent
from chaoskit.core.units import NS
from chaoskit.engine.discovery import select
from chaoskit.engine.options import RunOptions
from chaoskit.engine.prove import Choice, run_experiment

pytestmark = pytest.mark.lab
SLOW = Path(__file__).parent / "small" / "slow.py"


class _Watched(Silent):
    """Keeps what it was told of actions: name and moment, with the time."""

    def __init__(self) -> None:
        self.told: dict[tuple[str, str], float | None] = {}

    def fault(self, name: str, moment: str, t_s: float | None = None) -> None:
        self.told[name, moment] = t_s


def _events(name: str, runs: Path, progress: Progress | None = None) -> tuple[Event, ...]:
    (found,) = select([f"{SLOW}::{name}"])
    return run_experiment(found, Choice(seed=1), RunOptions(runs), progress or Silent()).arms[0].history.events


def _moment(events: tuple[Event, ...], what: str) -> int:
    return next(event.t for event in events if event.what == what)


def test_a_one_shot_action_under_way_is_cut_short_when_a_guard_trips(tmp_path: Path) -> None:
    """Within a second, with everything else undone; the record says that it began, and when it was cut short."""
    events = _events("call", tmp_path, watched := _Watched())
    tripped = _moment(events, "tripped")
    said = [event for event in events if event.subject == "dawdling"]
    assert [event.what for event in said] == ["begin", "cut short"]
    assert said[0].data["hosts"] == ["web-2"]
    assert said[0].t < tripped < said[1].t < tripped + NS
    assert _moment(events, "undone") < tripped + NS
    recorded = {(one.subject, one.what): one.t / NS for one in events if one.kind == "action"}
    for told in (("outage", "begin"), ("outage", "undone"), ("dawdling", "cut short")):
        assert watched.told[told] == pytest.approx(recorded[told], abs=1e-6)


def test_a_guard_is_heeded_while_the_lab_is_asked_for_a_target(tmp_path: Path) -> None:
    """The question may take 15 s: what is in force is undone within a second of the guard's word all the same."""
    events = _events("question", tmp_path)
    tripped = _moment(events, "tripped")
    assert tripped < 4 * NS
    assert _moment(events, "undone") < tripped + NS
