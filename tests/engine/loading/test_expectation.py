"""What a load is held to."""

from __future__ import annotations

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.load import Outcome
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN, Result, Unit
from chaoskit.engine.loading.expectation import expectation
from tests.engine.loading.results import SECOND, batch, result


@pytest.mark.parametrize(
    ("text", "metric", "sense", "value", "unit"),
    [
        ("p99<50ms", "p99", "<", 0.05, Unit.SECONDS),
        (" P99.9 <= 1s ", "p99.9", "<=", 1.0, Unit.SECONDS),
        ("max<2s", "max", "<", 2.0, Unit.SECONDS),
        ("ok>=99.9%", "ok", ">=", 0.999, Unit.SHARE),
        ("connect timeout<0.01", "connect timeout", "<", 0.01, Unit.SHARE),
        ("503<1%", "503", "<", 0.01, Unit.SHARE),
        ("rate>=12k/min", "rate", ">=", 200.0, Unit.PER_SECOND),
        ("lag<5ms", "lag", "<", 0.005, Unit.SECONDS),
    ],
)
def test_metric_sense_and_bound_are_read(text: str, metric: str, sense: str, value: float, unit: Unit) -> None:
    """Each metric has its unit; spaces and capitals do not matter."""
    read = expectation(text)
    assert (read.metric, read.sense, read.value, read.unit) == (metric, sense, pytest.approx(value), unit)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("p99", "no expectation"),
        ("p99=50ms", "no expectation"),
        ("p99<", "no expectation"),
        ("p99<<50ms", "no expectation"),
        ("p99<fast", "'fast' is no duration"),
        ("rate>=450", "'450' is no rate"),
        ("ok>=120%", "'120%' is no share"),
        ("latency<50ms", "nothing of a load is called 'latency'"),
        ("eror<1%", "Did you mean 'errors'?"),
        ("p0<1s", "nothing of a load is called 'p0'"),
        ("p100<1s", "nothing of a load is called 'p100'"),
    ],
)
def test_what_is_none_is_refused_with_what_is_allowed(text: str, said: str) -> None:
    """The message names the mistake, and the remedy something that is right."""
    with pytest.raises(UsageError) as refused:
        expectation(text)
    assert said in str(refused.value)
    assert repr(text) in str(refused.value)


TEN_TO_THOUSAND = range(10, 10_001, 10)
"""A thousand latencies: 10 µs, 20 µs, ... 10 ms."""


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("p50<5.2ms", PASS),
        ("p50<4.8ms", FAIL),
        ("p99<10.1ms", PASS),
        ("p99<9.7ms", FAIL),
        ("max<=10ms", PASS),
        ("max<10ms", FAIL),
        ("ok>=100%", PASS),
        ("errors<0.1%", PASS),
        ("rate>=1000/s", PASS),
        ("rate>1000/s", FAIL),
        ("lag<=1ms", PASS),
        ("lag<900us", FAIL),
        ("503>0%", FAIL),
    ],
)
def test_a_bound_is_held_or_not(text: str, outcome: Result) -> None:
    """Of a thousand successes in one second, whose generator was late by 1 ms."""
    verdict = expectation(text).judge(result(batch(TEN_TO_THOUSAND, lag=1000)))
    assert verdict.outcome is outcome
    assert verdict.measured is not None


@pytest.mark.parametrize(("text", "outcome"), [("p90<10ms", PASS), ("p98<10ms", PASS), ("p99<1s", FAIL)])
def test_a_failure_was_never_answered_well(text: str, outcome: Result) -> None:
    """Of 1,000 arrivals 2 % are refused, at once: no 99th percentile holds; the 98th is that of the successes."""
    load = result(batch([1000] * 980), batch([10] * 20, Outcome.REFUSED))
    assert expectation(text).judge(load).outcome is outcome


def test_a_load_that_fails_altogether_holds_no_percentile() -> None:
    """However quickly: a server that is not there is no quick one."""
    verdict = expectation("p50<1s").judge(result(batch([10] * 100, Outcome.REFUSED)))
    assert verdict.outcome is FAIL
    assert "100 of 100 failed" in verdict.reason


@pytest.mark.parametrize("text", ["p99<1h", "ok>=0%", "rate>=0/s", "errors<=100%"])
def test_of_a_generator_that_was_late_nothing_is_believed(text: str) -> None:
    """Neither what would hold nor what would not: unknown, and the remedy says what to do."""
    verdict = expectation(text).judge(result(batch([1000] * 100, lag=SECOND // 5)))
    assert verdict.outcome is UNKNOWN
    assert "late by" in verdict.reason
    assert "--workers" in verdict.remedy


def test_the_lag_itself_is_judged_whatever_it_is() -> None:
    """It is the one thing that is known of a generator that was late."""
    assert expectation("lag<50ms").judge(result(batch([1000] * 100, lag=SECOND // 5))).outcome is FAIL


@pytest.mark.parametrize("text", ["p99<1s", "ok>=99%", "lag<1s"])
def test_of_nothing_nothing_is_known(text: str) -> None:
    """Neither a pass nor a fail without an arrival."""
    assert expectation(text).judge(result()).outcome is UNKNOWN
