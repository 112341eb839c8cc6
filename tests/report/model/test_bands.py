from __future__ import annotations

from chaoskit.core.history import Event
from chaoskit.core.window import Span
from chaoskit.report.model.bands import faults, windows
from chaoskit.testing import happened, make_history
from tests.report import synthetic


def test_a_fault_lasts_from_its_begin_until_it_was_undone() -> None:
    """Not only until the undo was asked for."""
    (fault,) = faults(synthetic.history())
    assert fault.span(30 * 10**9) == Span(5_000_000_000, 17_620_000_000)
    assert fault.hosts == ("web-eu-1", "web-eu-2", "web-eu-3")
    assert fault.action == "crash(role('service') & region('eu'))"


def test_a_fault_that_was_never_undone_lasts_to_the_end() -> None:
    """A run that was cut short shows the fault in force."""
    (fault,) = faults(make_history(events=happened("outage", begin=5)))
    assert fault.span(30) == Span(5_000_000_000, 30)


def test_a_one_shot_action_is_a_moment() -> None:
    """Nothing of it is in force afterwards."""
    (fault,) = faults(make_history(events=[Event(5, "action", "reset", "begin", {"one_shot": True})]))
    assert fault.span(30) == Span(5, 5)


def test_a_failed_step_is_kept_with_its_reason() -> None:
    """What went wrong with an action is part of the record."""
    failed = Event(6, "action", "outage", "failed", {"evidence": ["web-eu-1: no such process"]})
    (fault,) = faults(make_history(events=[*happened("outage", begin=0), failed]))
    assert fault.failed == "web-eu-1: no such process"


def test_windows_of_checks_are_shaded_once_each() -> None:
    """Two checks on one window give one band, and bands come in order of time."""
    arm = synthetic.checks(recovers=True)
    assert list(windows(arm)) == ["failover", "coming home"]
