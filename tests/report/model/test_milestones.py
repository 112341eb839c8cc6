from __future__ import annotations

from pathlib import Path

from chaoskit.core.history import Event
from chaoskit.core.load import Outcome
from chaoskit.core.result import ArmResult
from chaoskit.report.model import model_of
from chaoskit.testing import happened, make_history, readings, rows
from tests.report import synthetic


def story(arm: ArmResult) -> list[tuple[float, str]]:
    """Moments in seconds, rounded to tenths, and what they are."""
    return [(round(one.t / 1e9, 1), one.what) for one in model_of(arm).milestones]


def test_the_outage_is_told_in_order(tmp_path: Path) -> None:
    """Done, first error, confirmed, detected by the balancer and by the resolver, first success, undone."""
    assert story(synthetic.arm(tmp_path)) == [
        (0.0, "start"),
        (5.0, "done"),
        (5.0, "first error"),
        (5.0, "confirmed"),
        (6.0, "detected"),
        (8.6, "detected"),
        (10.9, "first success"),
        (12.3, "note"),
        (17.0, "undo"),
        (17.6, "undone"),
        (30.0, "end"),
    ]


def test_a_twin_that_never_fails_over_has_its_first_success_after_the_repair(tmp_path: Path) -> None:
    """The resolver detects nothing, and eu is served again only once its instances are back."""
    told = story(synthetic.arm(tmp_path, recovers=False))
    assert (18.1, "first success") in told
    assert [t for t, what in told if what == "detected"] == [6.0]


def test_errors_before_the_fault_are_not_put_down_to_it(tmp_path: Path) -> None:
    """The first error of a fault ended after the fault began."""
    history = make_history(
        [rows(), rows(at=[2.0, 7.0], outcome=Outcome.RESET)],
        events=happened("outage", begin=5, undone=9),
        readings=readings("alive", "web-eu-1", lambda t: {"state": "exited" if t > 5 else "running"}),
    )
    told = story(ArmResult("guarded", "", tmp_path, history, (), (), ""))
    assert [t for t, what in told if what == "first error"] == [7.0]
    assert "detected" not in [what for _, what in told], "a host's death is the fault itself, not its detection"


def test_a_guard_that_trips_is_part_of_the_story(tmp_path: Path) -> None:
    """Whoever reads the story learns why the run ended."""
    history = make_history([rows()], events=[Event(9 * 10**9, "guard", "floor", "tripped")])
    assert (9.0, "guard") in story(ArmResult("guarded", "", tmp_path, history, (), (), ""))
