import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.checks.availability import availability
from chaoskit.core.errors import DefinitionError
from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.core.selector import region
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN, Unit
from chaoskit.testing import make_history, rows
from tests.checks.world import NAMES, OUTAGE, a_load, bad, failover, forecast, good, history, shoppers


@pytest.mark.parametrize(
    ("succeeded", "failed", "at_least", "outcome"),
    [
        (9_990, 10, 0.999, PASS),
        (9_989, 11, 0.999, FAIL),
        (9_989, 10, 0.999, UNKNOWN),
        (0, 9_999, 0.999, UNKNOWN),
        (0, 10_000, 0.999, FAIL),
        (990, 10, "99%", PASS),
        (989, 11, "99%", FAIL),
        (10, 10, 0.5, PASS),
        (9, 11, 0.5, FAIL),
        (9, 10, 0.5, UNKNOWN),
        (1_000, 0, 1, PASS),
        (1_000, 1, 1, FAIL),
        (999, 0, 1, UNKNOWN),
        (1, 10, 0.05, PASS),
        (0, 11, 0.05, FAIL),
        (0, 10, 0.05, UNKNOWN),
        (0, 0, 0.5, UNKNOWN),
    ],
)
def test_the_share_of_successes_is_held_to_the_bound(
    succeeded: int, failed: int, at_least: float | str, outcome: str
) -> None:
    """It passes at the bound, fails below it, and is unknown with fewer than 10 / (1 - bound) requests."""
    verdict = availability(shoppers, at_least=at_least).judge(history(good(succeeded), bad(failed)))
    assert verdict.outcome == outcome


def test_the_verdict_says_what_was_measured() -> None:
    """Measured value, bound, unit, numbers of samples and the classes of failure are told."""
    record = history(good(9_980), bad(15), bad(5, Outcome.RESET))
    verdict = availability(shoppers, at_least=0.999).judge(record)
    assert verdict.measured == pytest.approx(0.998)
    assert (verdict.measured_text, verdict.bound_text) == ("99.800 %", ">= 99.900 %")
    assert (verdict.unit, verdict.samples, verdict.needed) == (Unit.SHARE, 10_000, 10_000)
    assert verdict.reason == "9,980 of 10,000 requests succeeded; 15 refused, 5 reset"


def test_too_few_requests_say_how_many_it_takes() -> None:
    """An unknown names the number needed and what to do."""
    verdict = availability(shoppers, at_least=0.999).judge(history(good(2_000)))
    assert verdict.reason == "only 2,000 requests, 10,000 needed"
    assert (verdict.samples, verdict.needed) == (2_000, 10_000)
    assert verdict.remedy


def test_failures_inside_the_window_are_forgiven_and_those_outside_are_not() -> None:
    """`outside` leaves out requests that touch the window, also those that began before it and failed in it."""
    inside = rows("shoppers", start=5, seconds=7, every="10ms", outcome=Outcome.REFUSED)
    caught = rows("shoppers", at=np.linspace(4.2, 4.9, 50), latency="1s", outcome=Outcome.RESPONSE_TIMEOUT)
    before = rows("shoppers", at=np.linspace(1, 3, 50), latency="1s", outcome=Outcome.RESPONSE_TIMEOUT)
    check = availability(shoppers, at_least=0.99, outside=failover)
    assert check.judge(history(good(2_000), inside, caught)).outcome is PASS
    assert check.judge(history(good(2_000), inside, caught, before)).outcome is FAIL


def test_during_counts_what_started_in_the_window() -> None:
    """`during` judges the fault itself: 700 refused of 1,400 are a half."""
    inside = rows("shoppers", start=5, seconds=7, every="10ms", outcome=Outcome.REFUSED)
    verdict = availability(shoppers, at_least=0.5, during=failover).judge(
        history(inside, rows("shoppers", start=5, seconds=7, every="10ms"), bad(500, start=13, seconds=2))
    )
    assert (verdict.outcome, verdict.measured, verdict.samples) == (PASS, 0.5, 1_400)


def test_clients_of_one_region_are_judged_apart() -> None:
    """One region's outage does not hide behind the other's health."""
    record = history(good(1_000, client="client-na"), bad(1_000, client="client-eu"))
    assert availability(shoppers, at_least=0.99, clients=region("na")).judge(record).outcome is PASS
    assert availability(shoppers, at_least=0.99, clients=region("eu")).judge(record).outcome is FAIL


@pytest.mark.parametrize("outcome", [o for o in OUTCOMES if o is not Outcome.OK])
def test_no_class_of_failure_is_forgiven(outcome: Outcome) -> None:
    """Every outcome but success counts against it, the generator's own failures included."""
    assert availability(shoppers, at_least=0.99).judge(history(good(980), bad(20, outcome))).outcome is FAIL


def test_a_window_whose_event_never_came_makes_it_unknown() -> None:
    """Without the outage there is no failover to leave out, and the reason says so."""
    verdict = availability(shoppers, at_least=0.9, outside=failover).judge(history(good(1_000), events=()))
    assert verdict.outcome is UNKNOWN
    assert "has no moment 'begin'" in verdict.reason


def test_the_history_so_far_can_be_judged() -> None:
    """A guard and a steady state look at part of a run: the part counts, whatever the run's planned length."""
    record = history(good(200, start=0, seconds=4), bad(100, start=4, seconds=1), events=())
    check = availability(shoppers, at_least=0.5)
    assert check.judge(record).outcome is PASS
    assert check.judge(record.since(4_100_000_000)).outcome is FAIL


@pytest.mark.parametrize("at_least", [1.5, -0.1, "lots", "101%"])
def test_a_senseless_bound_is_an_error_where_it_is_written(at_least: float | str) -> None:
    """The error starts with the line of the experiment."""
    with pytest.raises(DefinitionError, match=r"test_availability\.py:\d+: .* is no share"):
        availability(shoppers, at_least=at_least)


def test_a_window_cannot_be_wanted_and_unwanted() -> None:
    """The same window as `during` and `outside` leaves nothing to count."""
    with pytest.raises(DefinitionError, match="same window"):
        availability(shoppers, at_least=0.9, during=failover, outside=failover)


def test_a_plan_shows_how_many_requests_to_expect() -> None:
    """100/s for 30 s are 3,000; without the 7 s of failover 2,300; of one client of two a half."""
    plain = availability(shoppers, at_least=0.99).forecast(forecast())
    assert plain is not None
    assert (plain.expected, plain.needed) == (3_000, 1_000)
    for check, expected in (
        (availability(shoppers, at_least=0.99, outside=failover), 2_300),
        (availability(shoppers, at_least=0.99, during=failover, clients=region("eu")), 350),
    ):
        samples = check.forecast(forecast())
        assert samples is not None
        assert samples.expected == expected


def test_a_twin_with_another_load_expects_that_loads_requests() -> None:
    """The load that stands in for another decides how many samples there are."""
    samples = availability(shoppers, at_least=0.99).forecast(forecast({shoppers: a_load(10)}))
    assert samples is not None
    assert samples.expected == 300


@given(
    st.lists(st.sampled_from([Outcome.OK] * 8 + [Outcome.REFUSED, Outcome.LATE]), min_size=30, max_size=120),
    st.randoms(use_true_random=False),
    st.integers(1, 29),
)
def test_order_and_splitting_of_rows_do_not_matter(outcomes: list[Outcome], rng: object, cut: int) -> None:
    """The same requests in another order, or recorded in two files, get the same verdict."""
    at = np.linspace(0, 29, len(outcomes))
    order = list(range(len(outcomes)))
    rng.shuffle(order)  # type: ignore[attr-defined]
    check = availability(shoppers, at_least=0.6, outside=failover)
    first = check.judge(history(rows("shoppers", at=at, outcome=outcomes)))
    for part in (order[:], order[:cut] + order[cut:]):
        shuffled = [rows("shoppers", at=at[part[:cut]], outcome=[outcomes[i] for i in part[:cut]])]
        shuffled += [rows("shoppers", at=at[part[cut:]], outcome=[outcomes[i] for i in part[cut:]])]
        assert check.judge(make_history(shuffled, names=NAMES, events=OUTAGE)) == first


@given(st.integers(0, 400), st.integers(0, 400), st.integers(1, 400))
def test_further_failures_never_turn_a_fail_into_a_pass(succeeded: int, failed: int, more: int) -> None:
    """With the same successes, more failures measure less, and fail where fewer failed."""
    check = availability(shoppers, at_least=0.9)
    first = check.judge(history(good(succeeded), bad(failed)))
    second = check.judge(history(good(succeeded), bad(failed + more)))
    assert not (first.outcome is FAIL and second.outcome is not FAIL)
    if first.measured is not None and second.measured is not None:
        assert second.measured <= first.measured
