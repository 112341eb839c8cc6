"""What a plan lets one expect: when windows lie and how many samples checks get."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaoskit.core.units import NS
from chaoskit.engine.discovery import select
from chaoskit.engine.forecast import planned_arrivals, planned_checks, planned_steady, planned_windows
from chaoskit.engine.plan import Plan, make_plan
from tests.samples import shop


def planned(folder: Path, *, arm: str = "guarded", **overrides: str) -> Plan:
    """The sample's plan under overrides."""
    (found,) = select([str(shop(folder))], overrides=overrides)
    return make_plan(found, arm=arm)


def test_windows_lie_where_the_timeline_puts_their_events(tmp_path: Path) -> None:
    """A bound's sum is shown; a window between two events needs none."""
    windows = {each.name: each for each in planned_windows(planned(tmp_path, arm="half-the-buyers"))}
    failover, frozen = windows["failover"], windows["frozen"]
    assert (failover.span.start, failover.span.end) == (4 * NS, 7 * NS)
    assert failover.sum == "3 s = detection 2 s + margin 1 s"
    assert (frozen.span.start, frozen.span.end, frozen.sum) == (9 * NS, 10 * NS, "")


def test_a_twins_window_is_not_the_guarded_arms(tmp_path: Path) -> None:
    """An arm shows the windows its own checks refer to."""
    assert [each.name for each in planned_windows(planned(tmp_path))] == ["failover"]


def test_samples_are_arrivals_in_the_checks_window(tmp_path: Path) -> None:
    """17 of 20 s lie outside the failover, at 100 a second; the steady state has the 4 s before the fault."""
    plan = planned(tmp_path)
    (available, _) = planned_checks(plan)
    assert available.samples is not None
    assert available.samples.expected == pytest.approx(1700, abs=20)
    steady = planned_steady(plan)
    assert steady is not None
    assert steady.samples is not None
    assert steady.samples.expected == pytest.approx(400, abs=10)


def test_a_check_that_would_be_unknown_is_warned_of(tmp_path: Path) -> None:
    """At a tenth of the rate availability of 99 % cannot be told; at 63/s it depends on how many arrive."""
    assert [check.warning for check in planned_checks(planned(tmp_path)) if check.name == "available"] == [""]
    (warning,) = [each.warning for each in planned_checks(planned(tmp_path, rate="10/s")) if each.name == "available"]
    (close,) = [each.warning for each in planned_checks(planned(tmp_path, rate="63/s")) if each.name == "available"]
    assert "available expects 1,07" in close
    assert "available expects 17" in warning
    assert "needs 1,000" in warning


def test_arrivals_are_the_arms_own(tmp_path: Path) -> None:
    """A substitute's rate counts, under the original's name."""
    assert planned_arrivals(planned(tmp_path)) == {"buyers": 2000}
    assert planned_arrivals(planned(tmp_path, arm="half-the-buyers")) == {"buyers": 1000}
