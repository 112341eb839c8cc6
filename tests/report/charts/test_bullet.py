from __future__ import annotations

import math
import re

import pytest

from chaoskit.core.verdict import FAIL, PASS, Limit, Unit, Verdict, held_to, passed
from chaoskit.report.charts.bullet import bullet, extent


def places(verdict: Verdict) -> tuple[float, float, float, float]:
    """Dot, bound, and both ends of the kept side, in percent of the axis."""
    text = bullet(verdict)
    kept = re.search(r'class="kept" style="left:([\d.]+)%;width:([\d.]+)%', text)
    limit = re.search(r'class="limit" style="left:([\d.]+)%', text)
    dot = re.search(r'class="dot" style="left:([\d.]+)%', text)
    assert kept
    assert limit
    assert dot
    start, width = float(kept[1]), float(kept[2])
    return float(dot[1]), float(limit[1]), start, start + width


@pytest.mark.parametrize(
    ("measured", "sense", "bound", "unit"),
    [
        (5.9, "<=", 8.0, Unit.SECONDS),
        (13.1, "<=", 8.0, Unit.SECONDS),
        (0.9996, ">=", 0.999, Unit.SHARE),
        (0.87, ">=", 0.999, Unit.SHARE),
        (0.02, "<=", 0.05, Unit.SHARE),
        (0.0, "<=", 0.0, Unit.COUNT),
        (1.0, ">=", 1.0, Unit.SHARE),
        (-3.0, "<=", 2.0, Unit.COUNT),
    ],
)
def test_the_dot_lies_on_the_kept_side_exactly_when_the_bound_was_kept(
    measured: float, sense: str, bound: float, unit: Unit
) -> None:
    """The picture says what the verdict says, and everything lies on the axis."""
    verdict = held_to(measured, sense, bound, unit, "")
    dot, limit, start, end = places(verdict)
    assert (start <= dot <= end) == (verdict.outcome == "pass")
    assert limit in (pytest.approx(start), pytest.approx(end))
    assert all(0 <= place <= 100 for place in (dot, limit, start, end))


def test_shares_near_one_are_drawn_by_what_is_missing() -> None:
    """Between 99.9 % and 99.96 % a whole axis would show nothing."""
    low, high = extent(0.9996, Limit(">=", 0.999), Unit.SHARE)
    assert (round(low, 4), high) == (0.9975, 1.0)


@pytest.mark.parametrize(("measured", "kept"), [(0.334, True), (0.2, False), (0.5, False)])
def test_an_interval_has_a_mark_at_both_its_ends(measured: float, *, kept: bool) -> None:
    """What lies between them is the kept side, and the text names both."""
    verdict = Verdict(PASS if kept else FAIL, "", measured, Limit("in", 0.29, upper=0.38), Unit.SHARE)
    text = bullet(verdict)
    assert [float(at) for at in re.findall(r'class="limit" style="left:([\d.]+)%', text)] == [29, 38]
    dot, _, start, end = places(verdict)
    assert (start, end) == (29, 38)
    assert (start <= dot <= end) == kept
    assert "29.0 % to 38.0 %" in text or "29 % to 38 %" in text


@pytest.mark.parametrize("verdict", [passed("x"), Verdict(FAIL, "never", math.inf, Limit("<=", 8.0), Unit.SECONDS)])
def test_without_two_numbers_there_is_no_picture(verdict: Verdict) -> None:
    """Nothing is drawn rather than something wrong."""
    assert bullet(verdict) == ""
