import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.checks.outcome_share import outcome_share
from chaoskit.core.errors import DefinitionError
from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.core.selector import region
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN
from tests.checks.world import bad, failover, forecast, good, history, shoppers


@pytest.mark.parametrize(
    ("refused", "total", "bound", "outcome"),
    [
        (30, 100, {"at_least": 0.3}, PASS),
        (29, 100, {"at_least": 0.3}, FAIL),
        (30, 33, {"at_least": 0.3}, UNKNOWN),
        (10, 1_000, {"at_most": 0.01}, PASS),
        (11, 1_000, {"at_most": "1%"}, FAIL),
        (0, 999, {"at_most": 0.01}, UNKNOWN),
        (0, 1_000, {"at_most": 0}, PASS),
        (1, 1_000, {"at_most": 0}, FAIL),
        (0, 999, {"at_most": 0}, UNKNOWN),
        (25, 100, {"between": (0.25, 0.4)}, PASS),
        (40, 100, {"between": ("25%", "40%")}, PASS),
        (24, 100, {"between": (0.25, 0.4)}, FAIL),
        (41, 100, {"between": (0.25, 0.4)}, FAIL),
        (13, 39, {"between": (0.25, 0.4)}, UNKNOWN),
    ],
)
def test_the_share_is_held_to_its_bound(refused: int, total: int, bound: dict[str, object], outcome: str) -> None:
    """Bounds belong to what is right; too few requests for the rarer side are unknown."""
    record = history(good(total - refused), bad(refused))
    assert outcome_share(shoppers, Outcome.REFUSED, **bound).judge(record).outcome == outcome


def test_several_outcomes_are_added_up() -> None:
    """Timeouts of connecting and of answering are one share where both are named."""
    record = history(good(60), bad(20, Outcome.CONNECT_TIMEOUT), bad(20, Outcome.RESPONSE_TIMEOUT))
    both = {Outcome.CONNECT_TIMEOUT, Outcome.RESPONSE_TIMEOUT}
    verdict = outcome_share(shoppers, both, between=(0.3, 0.5)).judge(record)
    assert (verdict.outcome, verdict.measured) == (PASS, 0.4)
    assert verdict.bound_text == "30.0 % to 50.0 %"
    assert verdict.reason == "40 of 100 requests ended in connect timeout or response timeout"


def test_windows_and_clients_narrow_it() -> None:
    """The share is that of the clients and the window asked for."""
    record = history(good(100, start=13.0, seconds=15.0), bad(100, start=5.0, seconds=6.0, client="client-na"))
    during = outcome_share(shoppers, Outcome.REFUSED, at_least=0.9, during=failover)
    outside = outcome_share(shoppers, Outcome.REFUSED, at_least=0.9, outside=failover)
    assert during.judge(record).outcome is PASS
    assert outside.judge(record).outcome is FAIL
    clients = outcome_share(shoppers, Outcome.REFUSED, at_least=0.9, clients=region("na"))
    assert clients.judge(record).outcome is PASS


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"at_least": 0.1, "at_most": 0.2},
        {"between": (0.4, 0.3)},
        {"between": (0.4, 0.4)},
        {"at_most": 2},
    ],
)
def test_a_check_has_one_sensible_bound(arguments: dict[str, object]) -> None:
    """None, two, an empty interval and no share are errors where they are written."""
    with pytest.raises(DefinitionError, match=r"test_outcome_share\.py:\d+: "):
        outcome_share(shoppers, Outcome.RESET, **arguments)


def test_some_outcome_must_be_named() -> None:
    """An empty set of outcomes counts nothing."""
    with pytest.raises(DefinitionError, match="no outcome"):
        outcome_share(shoppers, [], at_most=0.1)


def test_a_plan_shows_how_many_requests_to_expect() -> None:
    """Seven seconds at 100/s against ten samples on the rarer side."""
    check = outcome_share(shoppers, Outcome.RESET, between=(0.25, 0.4), during=failover)
    samples = check.forecast(forecast())
    assert samples is not None
    assert (samples.expected, samples.needed) == (700, 40)


@given(st.lists(st.sampled_from(OUTCOMES), min_size=20, max_size=60))
def test_shares_of_all_outcomes_add_up_to_one(outcomes: list[Outcome]) -> None:
    """Outcome classes are exclusive: their measured shares sum to one."""
    record = history(good(len(outcomes), outcome=outcomes))
    verdicts = [outcome_share(shoppers, o, at_least=0.5).judge(record) for o in OUTCOMES]
    assert sum(v.measured or 0.0 for v in verdicts) == pytest.approx(1)
