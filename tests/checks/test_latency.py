from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.checks.latency import latency
from chaoskit.core.errors import DefinitionError
from chaoskit.core.history import Requests
from chaoskit.core.load import Outcome
from chaoskit.core.selector import region
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN, Unit
from tests.checks.world import bad, failover, forecast, history, shoppers, spread


def timed(*ms: float, **columns: Any) -> Requests:
    """Successful requests that took so long, in ms."""
    return spread(len(ms), latency=[round(x * 1000) for x in ms], **columns)


@pytest.mark.parametrize(
    ("quantile", "slow", "total", "outcome"),
    [
        (0.99, 20, 2_000, PASS),
        (0.99, 21, 2_000, FAIL),
        (0.99, 0, 1_999, UNKNOWN),
        (0.99, 1_999, 1_999, UNKNOWN),
        ("50%", 20, 40, PASS),
        (0.5, 21, 40, FAIL),
        (0.999, 20, 20_000, PASS),
        (0.999, 21, 20_000, FAIL),
        (1, 0, 1_000, PASS),
        (1, 1, 1_000, FAIL),
        (1, 0, 999, UNKNOWN),
    ],
)
def test_the_exact_quantile_is_held_to_the_bound(quantile: float | str, slow: int, total: int, outcome: str) -> None:
    """Exactly as many slow requests as the quantile allows pass, one more fails; it takes 20 / (1 - q) of them."""
    record = history(timed(*[10] * (total - slow), *[200] * slow))
    assert latency(shoppers, quantile=quantile, at_most="100ms").judge(record).outcome == outcome


def test_a_closed_loop_is_no_measure_of_latency() -> None:
    """Unknown, however short the times are; another load of the same run is judged as ever."""
    record = history(timed(*[10] * 2_000))
    users = tuple(replace(one, users=20) for one in record.generated)
    verdict = latency(shoppers, quantile=0.99, at_most="100ms").judge(replace(record, generated=users))
    assert verdict.outcome == UNKNOWN
    assert "shoppers is a closed loop" in verdict.reason
    others_waited = tuple(replace(one, load="others", users=20) for one in record.generated)
    mixed = replace(record, generated=(*record.generated, *others_waited))
    assert latency(shoppers, quantile=0.99, at_most="100ms").judge(mixed).outcome == PASS


def test_the_verdict_says_what_was_measured() -> None:
    """Seconds against seconds, with median and longest in the reason."""
    verdict = latency(shoppers, quantile=0.5, at_most="100ms").judge(history(timed(*range(1, 101))))
    assert (verdict.measured, verdict.unit) == (0.05, Unit.SECONDS)
    assert (verdict.measured_text, verdict.bound_text) == ("50 ms", "<= 100 ms")
    assert verdict.reason == "50 % of 100 successful requests took at most 50 ms (median 50 ms, longest 100 ms)"


def test_failures_do_not_count_unless_asked_for() -> None:
    """By default only successes are timed; with every outcome a timeout is as long as it was."""
    record = history(timed(*[10] * 50), bad(50, Outcome.RESPONSE_TIMEOUT, latency="1s"))
    assert latency(shoppers, quantile=0.6, at_most="100ms").judge(record).outcome is PASS
    assert latency(shoppers, quantile=0.6, at_most="100ms", of=Outcome).judge(record).outcome is FAIL


def test_windows_and_clients_narrow_it() -> None:
    """Slow requests of the fault, or of the other region, are only seen where they are asked for."""
    record = history(
        timed(*[10] * 100, client="client-na"), timed(*[900] * 100, start=5.0, seconds=6.0, client="client-eu")
    )
    assert latency(shoppers, quantile=0.8, at_most="100ms", outside=failover).judge(record).outcome is UNKNOWN
    assert latency(shoppers, quantile=0.5, at_most="100ms", outside=failover).judge(record).outcome is PASS
    assert latency(shoppers, quantile=0.5, at_most="100ms", during=failover).judge(record).outcome is FAIL
    assert latency(shoppers, quantile=0.5, at_most="100ms", clients=region("na")).judge(record).outcome is PASS


@pytest.mark.parametrize(
    "arguments",
    [
        {"quantile": 0, "at_most": "1s"},
        {"quantile": 1.2, "at_most": "1s"},
        {"quantile": 0.9, "at_most": "soon"},
        {"quantile": 0.9, "at_most": "1s", "of": ()},
    ],
)
def test_senseless_arguments_are_errors_where_they_are_written(arguments: dict[str, object]) -> None:
    """The error starts with the line of the experiment."""
    with pytest.raises(DefinitionError, match=r"test_latency\.py:\d+: "):
        latency(shoppers, **arguments)


def test_a_plan_shows_how_many_requests_to_expect() -> None:
    """The 99th percentile takes 2,000 of the 3,000 that come."""
    samples = latency(shoppers, quantile=0.99, at_most="1s").forecast(forecast())
    assert samples is not None
    assert (samples.expected, samples.needed) == (3_000, 2_000)


@given(st.lists(st.integers(0, 5_000_000), min_size=20, max_size=200), st.sampled_from([0.1, 0.25, 0.5]))
def test_it_is_the_least_time_that_enough_requests_kept(times: list[int], q: float) -> None:
    """The measured value is a recorded one; a share q of the rows is at or below it, and fewer are below."""
    n = max(len(times), 40)
    values = np.resize(times, n)
    verdict = latency(shoppers, quantile=q, at_most="2s").judge(history(spread(n, latency=values)))
    assert verdict.measured is not None
    us = round(verdict.measured * 1e6)
    assert us in values
    assert (values <= us).sum() >= q * n - 1e-9
    assert (values < us).sum() < q * n
