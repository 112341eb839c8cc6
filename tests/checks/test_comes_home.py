from typing import Any

import numpy as np
import pytest

from chaoskit.checks.comes_home import comes_home
from chaoskit.core.errors import DefinitionError
from chaoskit.core.history import Requests
from chaoskit.core.load import Outcome
from chaoskit.core.selector import region, role
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN
from chaoskit.core.window import undone, window
from chaoskit.testing import outage_history, rows
from tests.checks.world import UNDONE, forecast, history, outage, return_home, shoppers

EU = region("eu")


def away(until: float, *, by: str = "instance", outcome: Outcome = Outcome.OK, every: float = 0.01) -> Requests:
    """Requests of eu clients, served in na from 9 s until then and at home otherwise."""
    at = np.arange(0, 30, every)
    abroad = [9 <= t < until for t in at]
    columns: dict[str, Any] = {"instance": ["web-na-1" if a else "web-eu-1" for a in abroad]}
    if by == "address":
        columns = {"instance": "", "server": ["198.18.2.30" if a else "198.18.1.30" for a in abroad]}
    return rows("shoppers", at=at, client="client-eu", outcome=outcome, **columns)


@pytest.mark.parametrize("by", ["instance", "address"])
@pytest.mark.parametrize(
    ("until", "measured", "outcome"),
    [(17.3, 0.0, PASS), (20.0, 2.7, PASS), (22.3, 5.0, PASS), (22.4, 5.1, FAIL), (40.0, None, FAIL)],
)
def test_it_measures_until_home_serves_again(until: float, measured: float | None, outcome: str, by: str) -> None:
    """From the repair at 17.3 s until the first request that home serves and home goes on serving."""
    verdict = comes_home(shoppers, to=EU, within=return_home, clients=EU).judge(history(away(until, by=by)))
    assert verdict.outcome == outcome
    assert verdict.measured == (None if measured is None else pytest.approx(measured, abs=0.011))


def test_clients_without_any_success_did_not_come_home() -> None:
    """Home is where requests are served: when all fail, nobody is there."""
    verdict = comes_home(shoppers, to=EU, within=return_home, clients=EU).judge(
        history(away(0, outcome=Outcome.REFUSED))
    )
    assert (verdict.outcome, verdict.measured) == (FAIL, None)


def test_a_lone_success_is_no_homecoming() -> None:
    """One request that home answers among nothing but failures is too little to call it home."""
    failures = away(0, outcome=Outcome.REFUSED)
    lone = rows("shoppers", at=[18.0], client="client-eu", instance="web-eu-1")
    check = comes_home(shoppers, to=EU, within=return_home, clients=EU)
    assert check.judge(history(failures, lone)).outcome is FAIL


def test_failures_do_not_keep_clients_from_being_home() -> None:
    """A tenth of failures among answers from home is another check's matter."""
    failures = rows("shoppers", every="100ms", seconds=30, outcome=Outcome.RESET, client="client-eu", instance="")
    check = comes_home(shoppers, to=EU, within=return_home, clients=EU)
    assert check.judge(history(away(20), failures)).measured == pytest.approx(2.7, abs=0.011)


def test_home_may_be_a_part_of_a_region() -> None:
    """`to` is any selector: the services of eu, not its balancer."""
    home = role("service") & EU
    record = history(away(20))
    assert comes_home(shoppers, to=home, within=return_home, clients=EU).judge(record).outcome is PASS
    assert comes_home(shoppers, to=role("balancer"), within=return_home, clients=EU).judge(record).outcome is FAIL


def test_few_requests_are_unknown() -> None:
    """Ten requests a second do not tell 99 %."""
    check = comes_home(shoppers, to=EU, within=return_home, clients=EU)
    verdict = check.judge(history(away(20, every=0.1)))
    assert (verdict.outcome, verdict.samples, verdict.needed) == (UNKNOWN, 10, 100)


def test_a_selector_that_matches_nothing_is_unknown_and_says_so() -> None:
    """Judging with a selector that fits another lab names what there is."""
    verdict = comes_home(shoppers, to=region("mars"), within=return_home).judge(history(away(20)))
    assert verdict.outcome is UNKNOWN
    assert "matches no host" in verdict.reason
    assert "region 'eu'" in verdict.remedy


def test_the_outage_of_the_example_comes_home() -> None:
    """A whole outage with random arrivals: 2.7 s after the repair at 17.3 s."""
    verdict = comes_home(shoppers, to=EU, within=return_home, clients=EU).judge(
        outage_history(load=shoppers, action=outage)
    )
    assert verdict.outcome is PASS
    assert verdict.measured == pytest.approx(20 - UNDONE, abs=0.1)


def test_a_window_without_end_is_an_error_where_it_is_written() -> None:
    """It would bound nothing."""
    with pytest.raises(DefinitionError, match=r"test_comes_home\.py:\d+: the window has no end"):
        comes_home(shoppers, to=EU, within=window(after=undone(outage)))


def test_a_plan_shows_how_many_requests_a_second_to_expect() -> None:
    """Half of 100/s come from eu."""
    samples = comes_home(shoppers, to=EU, within=return_home, clients=EU).forecast(forecast())
    assert samples is not None
    assert (samples.expected, samples.needed) == (50, 100)
