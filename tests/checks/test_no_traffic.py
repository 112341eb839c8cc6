import numpy as np
import pytest

from chaoskit.checks.no_traffic import no_traffic
from chaoskit.core.errors import DefinitionError
from chaoskit.core.load import Outcome
from chaoskit.core.selector import name, region, role
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN
from chaoskit.testing import rows
from tests.checks.world import drained, forecast, good, history, shoppers

dead = role("service") & region("eu")
check = no_traffic(shoppers, to=dead, during=drained)
elsewhere = good(3_000, server="198.18.2.30", instance="web-na-1")


@pytest.mark.parametrize(
    ("at", "outcome"), [(4.0, PASS), (8.99, PASS), (9.0, FAIL), (16.9, FAIL), (17.0, PASS), (25.0, PASS)]
)
def test_a_request_to_the_hosts_in_the_window_fails_it(at: float, outcome: str) -> None:
    """From 4 s after the outage until its end the dead hosts are left alone; before and after they need not be."""
    stray = rows("shoppers", at=[at], instance="web-eu-2", lag=0)
    assert check.judge(history(elsewhere, stray)).outcome == outcome


@pytest.mark.parametrize(
    ("columns", "outcome"),
    [
        ({"server": "198.18.1.101", "instance": ""}, FAIL),
        ({"server": "198.18.1.101", "instance": "", "outcome": Outcome.REFUSED}, FAIL),
        ({"server": "198.18.1.101", "instance": "", "outcome": Outcome.CONNECT_TIMEOUT, "latency": "1s"}, FAIL),
        ({"server": "198.18.1.30", "instance": "web-eu-1"}, FAIL),
        ({"server": "198.18.1.30", "instance": "web-na-1"}, PASS),
        ({"server": "198.18.1.30", "instance": ""}, PASS),
        ({"server": "", "instance": "", "outcome": Outcome.NO_ADDRESS}, PASS),
    ],
)
def test_connecting_counts_as_much_as_being_answered(columns: dict[str, object], outcome: str) -> None:
    """An attempt that was refused or lost is traffic, too; the balancer in front is not one of the hosts."""
    assert check.judge(history(elsewhere, rows("shoppers", at=[10.0], **columns))).outcome == outcome


def test_it_is_the_moment_of_sending_that_counts() -> None:
    """A request intended before the window and sent late, in it, fails; the generator's delay is the system's fact."""
    late = rows("shoppers", at=[8.9], instance="web-eu-1", lag=200_000, latency="300ms")
    assert check.judge(history(elsewhere, late)).outcome is FAIL


def test_the_verdict_says_how_many_went_where() -> None:
    """Count, total, last moment and addresses are told; a few may be forgiven."""
    strays = rows("shoppers", at=[10.0, 11.0, 12.0], server="198.18.1.30", instance="web-eu-1", lag=0)
    verdict = check.judge(history(elsewhere, strays))
    assert (verdict.measured, verdict.bound_text, verdict.samples) == (3, "<= 0", 803)
    assert verdict.reason == (
        "3 of 803 requests set out for role('service') & region('eu'), the last 3 s after the window's start "
        "(3 to 198.18.1.30)"
    )
    assert no_traffic(shoppers, to=dead, during=drained, at_most=3).judge(history(elsewhere, strays)).outcome is PASS


def test_without_traffic_anywhere_nothing_is_proved() -> None:
    """Hosts are not spared where nobody sent: fewer than 100 requests in the window are unknown."""
    few = history(rows("shoppers", at=np.linspace(9.1, 16, 99), instance="web-na-1", server="198.18.2.30"))
    verdict = check.judge(few)
    assert (verdict.outcome, verdict.samples, verdict.needed) == (UNKNOWN, 99, 100)


def test_clients_are_judged_apart() -> None:
    """Only the clients asked for must leave the hosts alone."""
    record = history(elsewhere, good(3_000, client="client-na", instance="web-eu-1"))
    eu = no_traffic(shoppers, to=name("web-eu-1"), during=drained, clients=region("eu"))
    na = no_traffic(shoppers, to=name("web-eu-1"), during=drained, clients=region("na"))
    assert (eu.judge(record).outcome, na.judge(record).outcome) == (PASS, FAIL)


def test_a_negative_count_is_an_error_where_it_is_written() -> None:
    """No run could keep it."""
    with pytest.raises(DefinitionError, match=r"test_no_traffic\.py:\d+: "):
        no_traffic(shoppers, to=dead, during=drained, at_most=-1)


def test_a_plan_shows_how_many_requests_to_expect() -> None:
    """Eight seconds at 100/s."""
    samples = check.forecast(forecast())
    assert samples is not None
    assert (samples.expected, samples.needed) == (800, 100)
