from typing import Any

import pytest

from chaoskit.checks.availability import availability
from chaoskit.checks.worse import worse
from chaoskit.core.arm import GUARDED, Twin
from chaoskit.core.errors import DefinitionError
from chaoskit.core.history import History
from chaoskit.core.load import Outcome
from chaoskit.core.selector import region
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN
from tests.checks.world import bad, failover, good, history, shoppers

twin = Twin("plain DNS", must_fail=[availability(shoppers, at_least=0.999)])


def arm(failed: int, total: int, **columns: Any) -> History:
    """An arm in which so many of so many requests are refused."""
    return history(good(total - failed), bad(failed, **columns))


@pytest.mark.parametrize(
    ("guarded", "mistaken", "outcome", "ratio"),
    [
        ((10, 1_000), (200, 1_000), PASS, 20),
        ((10, 1_000), (100, 1_000), PASS, 10),
        ((10, 1_000), (99, 1_000), FAIL, 9.9),
        ((10, 1_000), (10, 1_000), FAIL, 1),
        ((0, 1_000), (500, 1_000), PASS, 500),
        ((0, 1_000), (0, 1_000), FAIL, 0),
        ((0, 15), (500, 1_000), UNKNOWN, None),
        ((0, 1_000), (9, 10), UNKNOWN, None),
        ((0, 0), (500, 1_000), UNKNOWN, None),
        ((10, 1_000), (0, 0), UNKNOWN, None),
    ],
)
def test_shares_are_compared(
    guarded: tuple[int, int], mistaken: tuple[int, int], outcome: str, ratio: float | None
) -> None:
    """Ten times as large a share must fail in the twin; too few requests or failures to say so are unknown."""
    verdict = worse(shoppers, twin, at_least=10).decide({GUARDED: arm(*guarded), "plain-dns": arm(*mistaken)})
    assert verdict.outcome == outcome
    assert verdict.measured == (None if ratio is None else pytest.approx(ratio))


def test_the_reason_tells_both_shares() -> None:
    """A reader sees what was compared."""
    verdict = worse(shoppers, twin, at_least=10).decide({GUARDED: arm(10, 1_000), "plain-dns": arm(200, 1_000)})
    assert verdict.reason == "20.0 % of 1,000 in plain-dns, 1.0 % of 1,000 in guarded"
    assert verdict.bound_text == ">= 10"


def test_outcomes_windows_and_clients_narrow_it() -> None:
    """Only what is asked for is compared: resets of eu clients in the failover."""
    calm = arm(50, 1_000)
    stormy = history(good(1_000), bad(500, Outcome.RESET, start=5.0, seconds=6.0, client="client-eu"))
    arms = {GUARDED: calm, "plain-dns": stormy}
    assert worse(shoppers, twin, at_least=2, outcomes=Outcome.RESET, during=failover).decide(arms).outcome is PASS
    assert worse(shoppers, twin, at_least=2, outcomes=Outcome.REFUSED).decide(arms).outcome is FAIL
    assert worse(shoppers, twin, at_least=2, outside=failover).decide(arms).outcome is FAIL
    assert worse(shoppers, twin, at_least=2, clients=region("na")).decide(arms).outcome is UNKNOWN


def test_an_arm_that_did_not_run_makes_it_unknown() -> None:
    """Nothing is compared with a run that is not there, and the reason names it."""
    verdict = worse(shoppers, twin, at_least=2).decide({GUARDED: arm(1, 100)})
    assert verdict.outcome is UNKNOWN
    assert "plain-dns" in verdict.reason


@pytest.mark.parametrize("arguments", [{"at_least": 1}, {"at_least": 2, "outcomes": []}])
def test_senseless_arguments_are_errors_where_they_are_written(arguments: dict[str, Any]) -> None:
    """Once as bad is not worse, and of no outcomes there is no share."""
    with pytest.raises(DefinitionError, match=r"test_worse\.py:\d+: "):
        worse(shoppers, twin, **arguments)
