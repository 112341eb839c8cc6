"""Rejections: at once, and in so many words."""

from dataclasses import replace
from typing import Any

import pytest

from chaoskit.checks.rejections import rejections
from chaoskit.core.errors import DefinitionError
from chaoskit.core.history import History
from chaoskit.core.load import Outcome
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN, Unit
from tests.checks.world import bad, failover, fault, forecast, good, history, others, shoppers


def rejected(n: int, ms: float = 5, **columns: Any) -> Any:
    """So many answers 503 after so long."""
    return bad(n, Outcome.UNAVAILABLE, latency=f"{ms}ms", **columns)


@pytest.mark.parametrize(
    ("quick", "slow", "others_failed", "outcome"),
    [
        (1_980, 20, 0, PASS),
        (1_979, 21, 0, FAIL),
        (1_999, 0, 0, UNKNOWN),
        (2_000, 0, 1, FAIL),
        (0, 0, 1, FAIL),
        (0, 0, 0, UNKNOWN),
    ],
)
def test_all_failures_are_503_and_the_quantile_keeps_the_bound(
    quick: int, slow: int, others_failed: int, outcome: str
) -> None:
    """Twenty of 2,000 may be slow, for the 99th percentile; a single failure without a word is one too many."""
    record = history(good(100), rejected(quick), rejected(slow, 80), bad(others_failed, Outcome.RESPONSE_TIMEOUT))
    verdict = rejections(shoppers, at_most="50ms").judge(record)
    assert (verdict.outcome, verdict.needed, verdict.samples) == (outcome, 2_000, quick + slow)


def test_of_a_closed_loop_the_time_is_unknown() -> None:
    """That somebody was not told fails all the same: it does not depend on how long it took."""

    def waiting(record: History) -> History:
        return replace(record, generated=tuple(replace(one, users=9) for one in record.generated))

    check = rejections(shoppers, at_most="50ms")
    assert check.judge(waiting(history(rejected(2_000)))).outcome == UNKNOWN
    assert check.judge(waiting(history(rejected(2_000), bad(1, Outcome.RESET)))).outcome == FAIL


def test_the_verdict_says_what_was_measured() -> None:
    """Seconds against seconds; median and longest are in the reason."""
    verdict = rejections(shoppers, at_most="50ms", quantile=0.5).judge(history(rejected(60, 5), rejected(40, 80)))
    assert (verdict.measured, verdict.unit, verdict.bound_text) == (0.005, Unit.SECONDS, "<= 50 ms")
    assert "(median 5 ms, longest 80 ms); there were no other failures" in verdict.reason


def test_the_verdict_says_who_was_not_told() -> None:
    """Classes of failure with their numbers, the most frequent first."""
    record = history(bad(7, Outcome.RESET), bad(9, Outcome.CONNECT_TIMEOUT), rejected(4))
    verdict = rejections(shoppers, at_most="50ms").judge(record)
    assert verdict.reason == "16 of 20 that did not succeed were not told: 9 connect timeout, 7 reset"


def test_loads_are_taken_together_and_windows_narrow() -> None:
    """Half of the rejections each is enough; what happens outside the window is not looked at."""
    record = history(
        rejected(1_000, start=6.0, seconds=5.0),
        rejected(1_000, start=6.0, seconds=5.0, name="others"),
        bad(5, Outcome.RESET, start=20.0, seconds=5.0),
    )
    assert rejections(shoppers, others, at_most="50ms", during=failover).judge(record).outcome is PASS
    assert rejections(shoppers, at_most="50ms", during=failover).judge(record).outcome is UNKNOWN
    assert rejections(shoppers, others, at_most="50ms").judge(record).outcome is FAIL


@pytest.mark.parametrize(
    "arguments",
    [{"at_most": "soon"}, {"at_most": "1s", "quantile": 0}, {"at_most": "1s", "capacity": "much"}],
)
def test_senseless_arguments_are_errors_where_they_are_written(arguments: dict[str, Any]) -> None:
    """The error starts with the line of the experiment."""
    with pytest.raises(DefinitionError, match=r"test_rejections\.py:\d+: "):
        rejections(shoppers, **arguments)


def test_rejections_are_of_some_load() -> None:
    """None is a mistake."""
    with pytest.raises(DefinitionError, match="rejections of no load"):
        rejections(at_most="50ms")


@pytest.mark.parametrize(("capacity", "expected"), [(0, 2_400), ("150/s", 600), ("300/s", 0)])
def test_a_plan_expects_what_arrives_beyond_the_capacity(capacity: Any, expected: int) -> None:
    """Two loads of 100/s for 12 s."""
    samples = rejections(shoppers, others, at_most="50ms", during=fault, capacity=capacity).forecast(forecast())
    assert samples is not None
    assert (samples.expected, samples.needed) == (expected, 2_000)
