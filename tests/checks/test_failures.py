import pytest

from chaoskit.checks.failures import failures
from chaoskit.core.errors import DefinitionError
from chaoskit.core.load import Outcome
from chaoskit.core.selector import region
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN
from tests.checks.world import bad, failover, forecast, good, history, shoppers


@pytest.mark.parametrize(
    ("failed", "total", "at_most", "outcome"),
    [
        (0, 3_000, 0, PASS),
        (1, 3_000, 0, FAIL),
        (5, 3_000, 5, PASS),
        (6, 3_000, 5, FAIL),
        (0, 917, 0, PASS),
        (1, 917, 0, FAIL),
        (0, 916, 0, UNKNOWN),
        (900, 916, 0, UNKNOWN),
        (0, 1_949, 5, UNKNOWN),
    ],
)
def test_the_number_of_failures_is_held_to_its_bound(failed: int, total: int, at_most: int, outcome: str) -> None:
    """So many belong to what is right; too few requests to have noticed one in a hundred are unknown."""
    record = history(good(total - failed), bad(failed))
    assert failures(shoppers, at_most=at_most).judge(record).outcome == outcome


def test_the_verdict_says_how_many_failed_when_and_how() -> None:
    """Count, total, first and last moment, and classes, the most frequent first."""
    resets = bad(1, Outcome.RESET, start=6.0, seconds=0.0)
    refusals = bad(2, Outcome.REFUSED, start=8.0, seconds=2.0)
    verdict = failures(shoppers, at_most=2).judge(history(good(1_997), refusals, resets))
    assert (verdict.outcome, verdict.measured, verdict.bound_text) == (FAIL, 3, "<= 2")
    assert verdict.reason == "3 of 2,000 requests failed, the first at 6 s, the last at 9.5 s: 2 refused, 1 reset"


def test_windows_clients_and_outcomes_narrow_it() -> None:
    """Failures elsewhere, of others or of another kind do not count."""
    record = history(good(3_000), bad(50, Outcome.REFUSED, start=5.0, seconds=7.0, client="client-na"))
    assert failures(shoppers).judge(record).outcome is FAIL
    assert failures(shoppers, outside=failover).judge(record).outcome is PASS
    assert failures(shoppers, clients=region("eu")).judge(record).outcome is PASS
    assert failures(shoppers, outcomes=Outcome.RESET).judge(record).outcome is PASS
    assert failures(shoppers, at_most=50, during=failover).judge(record).outcome is UNKNOWN


@pytest.mark.parametrize("arguments", [{"at_most": -1}, {"outcomes": []}, {"during": failover, "outside": failover}])
def test_what_nothing_could_keep_is_refused_where_it_is_written(arguments: dict[str, object]) -> None:
    """A negative count, no outcome, and no request left to count."""
    with pytest.raises(DefinitionError, match=r"test_failures\.py:\d+: "):
        failures(shoppers, **arguments)


def test_a_plan_shows_how_many_requests_to_expect() -> None:
    """Everything outside the failover, at 100/s, against what it takes to see one failure in a hundred."""
    samples = failures(shoppers, at_most=5, outside=failover).forecast(forecast())
    assert samples is not None
    assert (samples.expected, samples.needed) == (2_300, 1_950)
