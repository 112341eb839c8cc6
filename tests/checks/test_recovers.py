from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.checks.recovers import recovers
from chaoskit.core.errors import DefinitionError
from chaoskit.core.history import Requests
from chaoskit.core.load import Outcome
from chaoskit.core.selector import region
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN, Unit
from chaoskit.core.window import begin, end, window
from chaoskit.testing import outage_history, rows
from tests.checks.world import BEGIN, END, failover, fault, forecast, history, outage, shoppers


def down(start: float, stop: float, **columns: Any) -> list[Requests]:
    """100 requests a second for 30 s; those that start in this time are refused."""
    at = np.arange(0, 30, 0.01)
    outcome = [Outcome.REFUSED if start <= t < stop else Outcome.OK for t in at]
    return [rows("shoppers", at=at, outcome=outcome, **columns)]


@pytest.mark.parametrize(
    ("stop", "measured", "outcome"),
    [(5.0, 0.0, PASS), (9.0, 4.0, PASS), (12.0, 7.0, PASS), (12.02, 7.02, FAIL), (17.0, 12.0, FAIL)],
)
def test_it_measures_until_success_is_back(stop: float, measured: float, outcome: str) -> None:
    """Down from 5 s on, it takes until the first request that succeeds again, held to the 7 s of the window."""
    verdict = recovers(shoppers, within=failover).judge(history(*down(BEGIN, stop)))
    assert (verdict.outcome, verdict.unit, verdict.samples) == (outcome, Unit.SECONDS, 100)
    assert verdict.measured == pytest.approx(measured)


def test_the_bound_shows_its_sum() -> None:
    """The verdict's bound has the parts of the window's length."""
    verdict = recovers(shoppers, within=failover).judge(history(*down(BEGIN, 9)))
    assert verdict.bound is not None
    assert verdict.bound.parts == "7 s = detection 4 s + ttl 2 s + margin 1 s"
    assert verdict.reason == "after 4 s at least 99.0 % of requests succeed for 1 s; 7 s are allowed"


def test_one_success_among_failures_is_no_recovery() -> None:
    """A success that is followed by failures within the second does not count."""
    lucky = rows("shoppers", at=[6.0, 6.1, 6.2])
    verdict = recovers(shoppers, within=failover).judge(history(*down(BEGIN, 10), lucky))
    assert verdict.measured == pytest.approx(5.0)


def test_the_criterion_says_how_many_failures_recovery_allows() -> None:
    """With one request in ten failing for good, 99 % is never met and 80 % at once."""
    at = np.arange(0, 30, 0.01)
    record = history(
        rows("shoppers", at=at, outcome=[Outcome.RESET if i % 10 == 0 else Outcome.OK for i in range(3_000)])
    )
    strict = recovers(shoppers, within=failover).judge(record)
    assert (strict.outcome, strict.measured) == (FAIL, None)
    assert "until the end of the run" in strict.reason
    assert recovers(shoppers, within=failover, at_least=0.8).judge(record).measured == 0.0


def test_a_request_that_waits_out_its_timeout_counts_from_its_intended_start() -> None:
    """A load that hangs is down from the first request that hung, not from when its timeout told so."""
    verdict = recovers(shoppers, within=failover).judge(history(*down(BEGIN, 9, latency="900ms")))
    assert verdict.measured == pytest.approx(4.0)


def test_clients_are_judged_apart() -> None:
    """The other region's health does not hide an outage."""
    record = history(*down(BEGIN, 15, client="client-eu"), *down(0, 0, client="client-na"))
    assert recovers(shoppers, within=failover, clients=region("eu")).judge(record).measured == pytest.approx(10.0)
    assert recovers(shoppers, within=failover, clients=region("na")).judge(record).measured == 0.0


def test_few_requests_a_second_are_unknown_unless_the_criterion_holds_longer() -> None:
    """Ten requests a second are too few to tell 99 % in a second, and enough in ten seconds."""
    at = np.arange(0, 30, 0.1)
    record = history(rows("shoppers", at=at, outcome=[Outcome.RESET if 5 <= t < 8 else Outcome.OK for t in at]))
    second = recovers(shoppers, within=failover).judge(record)
    assert (second.outcome, second.samples, second.needed) == (UNKNOWN, 10, 100)
    assert "holding=" in second.remedy
    longer = recovers(shoppers, within=failover, holding="10s").judge(record)
    assert (longer.outcome, longer.samples) == (PASS, 100)
    assert longer.measured == pytest.approx(3.0, abs=0.11)


def test_a_run_cut_short_before_the_window_ends_is_unknown() -> None:
    """Stopped 3 s into the window, nobody knows what the other 4 s would have brought."""
    cut = [part.take(part.intended < 8_000_000_000) for part in down(BEGIN, 30)]
    verdict = recovers(shoppers, within=failover).judge(history(*cut, events=history().events[:2], stopped="by hand"))
    assert verdict.outcome is UNKNOWN
    assert "too early to tell" in verdict.reason


def test_a_run_too_short_for_the_window_is_unknown_when_it_did_not_recover() -> None:
    """A run that ends before the window and the second after it cannot fail it."""
    record = history(*down(BEGIN, 30), duration=12)
    assert recovers(shoppers, within=failover).judge(record).outcome is UNKNOWN
    assert recovers(shoppers, within=failover).judge(history(*down(BEGIN, 30), duration=14)).outcome is FAIL


def test_the_last_second_of_a_run_proves_nothing() -> None:
    """Success that comes less than `holding` before the end has not been seen to last."""
    assert recovers(shoppers, within=failover).judge(history(*down(BEGIN, 29.5))).measured is None


def test_a_window_between_two_events_is_a_bound_as_well() -> None:
    """Recovered before the repair: the window runs from the fault to its end, 12 s."""
    assert recovers(shoppers, within=fault).judge(history(*down(BEGIN, 15))).outcome is PASS
    assert recovers(shoppers, within=fault).judge(history(*down(BEGIN, END + 0.02))).outcome is FAIL


def test_nothing_after_the_event_is_unknown() -> None:
    """An event that never came leaves nothing to measure from."""
    assert recovers(shoppers, within=failover).judge(history(*down(5, 9), events=())).outcome is UNKNOWN


def test_the_outage_of_the_example_recovers_and_its_twin_does_not() -> None:
    """A whole outage with random arrivals: 4 s with steering, the length of the outage without."""
    parts = {"load": shoppers, "action": outage}
    eu = recovers(shoppers, within=failover, clients=region("eu"))
    steered, plain = eu.judge(outage_history(**parts)), eu.judge(outage_history(**parts, recovers=False))
    assert (steered.outcome, plain.outcome) == (PASS, FAIL)
    assert steered.measured == pytest.approx(4.0, abs=0.1)
    assert plain.measured == pytest.approx(12.0, abs=0.1)


@pytest.mark.parametrize(
    "arguments",
    [
        {"within": failover, "at_least": 0},
        {"within": failover, "holding": 0},
        {"within": window(after=begin(outage))},
    ],
)
def test_senseless_arguments_are_errors_where_they_are_written(arguments: dict[str, Any]) -> None:
    """A criterion that anything meets, no time to meet it in, or a window without end."""
    with pytest.raises(DefinitionError, match=r"test_recovers\.py:\d+: "):
        recovers(shoppers, **arguments)


def test_a_plan_shows_how_many_requests_a_second_to_expect() -> None:
    """100/s against the 100 that a second takes; of one client of two 50."""
    samples = recovers(shoppers, within=failover).forecast(forecast())
    half = recovers(shoppers, within=window(after=end(outage), lasting="3s"), clients=region("eu")).forecast(forecast())
    assert samples is not None
    assert half is not None
    assert (samples.expected, samples.needed) == (100, 100)
    assert (half.expected, half.needed) == (50, 100)


@given(st.lists(st.booleans(), min_size=60, max_size=120), st.sampled_from([0.8, 0.9, 1.0]))
def test_it_is_the_first_moment_from_which_the_next_second_is_good(succeed: list[bool], at_least: float) -> None:
    """A search by brute force over every good arrival finds the same moment."""
    at = 5 + np.arange(len(succeed)) / 50
    outcome = [Outcome.OK if ok else Outcome.RESET for ok in succeed]
    record = history(rows("shoppers", at=at, outcome=outcome), rows("shoppers", start=10, seconds=19))
    verdict = recovers(shoppers, within=failover, at_least=at_least).judge(record)
    times, good = record.requests.intended, record.requests.outcome == 0
    expected = None
    for moment in sorted({5_000_000_000, *(int(t) for t in times[good] if t >= 5_000_000_000)}):
        second = (times >= moment) & (times < moment + 1_000_000_000)
        enough = good[second].sum() >= (50 if at_least > 0.9 else 10)
        if moment <= 29_000_000_000 and enough and good[second].mean() >= at_least - 1e-12:
            expected = (moment - 5_000_000_000) / 1e9
            break
    if verdict.outcome is not UNKNOWN:
        assert verdict.measured == expected


@given(
    st.lists(st.floats(4.9, 29.9), max_size=30),
    st.lists(st.floats(4.9, 29.9), max_size=30),
    st.sampled_from([0.8, 0.99]),
)
def test_further_failures_never_make_recovery_earlier(some: list[float], more: list[float], at_least: float) -> None:
    """Failures on top of others delay the moment or leave it; a fail never becomes a pass."""
    base = rows("shoppers", seconds=30, every="10ms")
    check = recovers(shoppers, within=failover, at_least=at_least)
    failures = [rows("shoppers", at=at, outcome=Outcome.RESET) for at in (some, [*some, *more])]
    fewer, all_of_them = (check.judge(history(base, part)) for part in failures)
    moments = [float("inf") if verdict.measured is None else verdict.measured for verdict in (fewer, all_of_them)]
    assert moments == sorted(moments)
    assert not (fewer.outcome is FAIL and all_of_them.outcome is PASS)


@given(st.permutations(range(40)))
def test_order_of_rows_does_not_matter(order: list[int]) -> None:
    """Rows recorded in any order of completion give the same moment."""
    base = rows("shoppers", start=10, seconds=19, every="10ms")
    at = 5 + np.arange(40) / 8
    outcome = [Outcome.RESET if i % 3 else Outcome.OK for i in range(40)]
    shuffled = rows("shoppers", at=at[order], outcome=[outcome[i] for i in order])
    check = recovers(shoppers, within=failover, at_least=0.9)
    assert check.judge(history(shuffled, base)) == check.judge(history(rows("shoppers", at=at, outcome=outcome), base))
