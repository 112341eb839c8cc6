"""A load as one page."""

from __future__ import annotations

import numpy as np
import pytest

from chaoskit.core.clock import Anchor
from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.core.units import NS
from chaoskit.report.load import LoadCourse, render

VALUES = np.array([0.001, 0.01, 0.1])


def course(*, good: int = 100, refused: int = 0, bins: int = 20) -> LoadCourse:
    """A load with so many of both in each bin of 100 ms; a success takes 10 ms."""
    outcomes = np.zeros((bins, len(OUTCOMES)), np.int64)
    outcomes[:, OUTCOMES.index(Outcome.OK)] = good
    outcomes[:, OUTCOMES.index(Outcome.REFUSED)] = refused
    latencies = np.zeros((bins, len(VALUES)), np.int64)
    latencies[:, 1] = good
    return LoadCourse(NS // 10, bins * NS // 10, outcomes, latencies, VALUES, Anchor(0, 1_700_000_000 * NS))


def test_the_page_shows_outcomes_latency_and_when() -> None:
    """Totals in the legends, UTC of the origin in the head, and every fact."""
    page = render("GET http://web/", {"rate": "1,000 /s"}, course(refused=5))
    assert page.startswith("<!doctype html>")
    assert "ok 2,000" in page
    assert "refused 100" in page
    assert "p99 10 ms" in page
    assert "2023-11-14 22:13:20 UTC" in page
    assert "1,000 /s" in page


def test_what_somebody_typed_is_no_markup() -> None:
    """A target may hold anything."""
    page = render("GET http://web/?<script>alert(1)</script>", {"a": "<b>"}, course())
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "<td>&lt;b&gt;</td>" in page


def test_the_page_fetches_nothing() -> None:
    """Its own policy forbids it, and it names no other file."""
    page = render("GET http://web/", {}, course())
    assert "default-src &#x27;none&#x27;" in page
    assert " src=" not in page


@pytest.mark.parametrize(("good", "refused"), [(0, 0), (0, 7)])
def test_a_load_without_a_success_has_a_page(good: int, refused: int) -> None:
    """Without charts of latency."""
    page = render("GET http://web/", {}, course(good=good, refused=refused))
    assert "Latency of successes" not in page
    assert ("refused 140" in page) is bool(refused)
