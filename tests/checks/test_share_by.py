from typing import Any

import numpy as np
import pytest

from chaoskit.checks import binomial
from chaoskit.checks.share_by import Draw, share_by
from chaoskit.core.errors import DefinitionError
from chaoskit.core.history import Requests
from chaoskit.core.load import Connections, Outcome
from chaoskit.core.naming import DnsCache
from chaoskit.core.selector import name, region
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN
from tests.checks.world import a_load, failover, forecast, good, history, shoppers, spread


def to_regions(eu: int, na: int, **columns: Any) -> Requests:
    """So many requests to each region, each with a fresh DNS answer."""
    servers = ["198.18.1.30"] * eu + ["198.18.2.30"] * na
    return spread(eu + na, server=servers, instance="", dns=300, **columns)


def to_instances(*counts: int, **columns: Any) -> Requests:
    """So many requests to web-eu-1, -2 and -3, each on a new connection through the balancer."""
    labels = [f"web-eu-{i}" for i, n in enumerate(counts, 1) for _ in range(n)]
    return spread(len(labels), instance=labels, connect=100, **columns)


@pytest.mark.parametrize(
    ("eu", "na", "bound", "outcome"),
    [
        (150, 50, {"at_least": 0.75}, PASS),
        (149, 51, {"at_least": 0.75}, FAIL),
        (30, 9, {"at_least": 0.75}, UNKNOWN),
        (50, 150, {"at_most": 0.25}, PASS),
        (51, 149, {"at_most": 0.25}, FAIL),
        (250, 250, {"between": (0.4, 0.6)}, PASS),
        (301, 199, {"between": (0.4, 0.6)}, FAIL),
        (199, 301, {"between": (0.4, 0.6)}, FAIL),
        (200, 100, {"between": (0.4, 0.6)}, UNKNOWN),
        (0, 0, {"at_most": 0.5}, UNKNOWN),
    ],
)
def test_the_share_of_fresh_answers_is_held_to_its_bound(eu: int, na: int, bound: dict[str, Any], outcome: str) -> None:
    """By region each fresh answer is one draw, and falls where its address is."""
    verdict = share_by(shoppers, by="region", of="eu", **bound).judge(history(to_regions(eu, na)))
    assert verdict.outcome == outcome


def test_requests_that_share_an_answer_are_no_new_draws() -> None:
    """A hundred requests on each answer change nothing: 30 answers stay 30."""
    repeats = good(3_000, server="198.18.1.30", dns=-1)
    check = share_by(shoppers, by="region", of="eu", at_least=0.5)
    verdict = check.judge(history(to_regions(15, 15), repeats))
    assert (verdict.outcome, verdict.measured, verdict.samples) == (PASS, 0.5, 30)
    assert verdict.reason == "15 of 30 fresh DNS answers fell on eu"
    few = check.judge(history(to_regions(9, 9), repeats))
    assert (few.outcome, few.samples, few.needed) == (UNKNOWN, 18, 20)
    assert "dns_cache" in few.remedy


@pytest.mark.parametrize(
    ("counts", "outcome"), [((400, 400, 400), PASS), ((900, 200, 100), FAIL), ((20, 20, 20), UNKNOWN)]
)
def test_new_connections_are_counted_by_the_instance_that_answered(counts: tuple[int, ...], outcome: str) -> None:
    """By instance each new connection is one draw; kept connections repeat their draw and do not count."""
    record = history(to_instances(*counts), good(5_000, instance="web-eu-1", connect=-1))
    verdict = share_by(shoppers, by="instance", of="web-eu-1", between=(0.25, 0.42), expected=1 / 3).judge(record)
    assert (verdict.outcome, verdict.samples) == (outcome, sum(counts))


def test_a_balancer_that_decides_for_each_request_is_judged_by_requests() -> None:
    """Every request is a draw where the author says so."""
    record = history(good(300, instance=["web-eu-1", "web-eu-2", "web-eu-3"] * 100))
    by_request = share_by(shoppers, by="instance", of="web-eu-1", at_most=0.4, counting=Draw.REQUEST)
    assert by_request.judge(record).outcome is PASS
    assert share_by(shoppers, by="instance", of="web-eu-1", at_most=0.4).judge(record).outcome is UNKNOWN


def test_without_an_instance_header_the_host_connected_to_is_the_instance() -> None:
    """Round robin by DNS among hosts that name nobody: the address tells."""
    servers = ["198.18.1.101", "198.18.1.102"] * 100
    record = history(spread(200, server=servers, instance="", connect=100))
    assert share_by(shoppers, by="instance", of="web-eu-1", between=(0.3, 0.7)).judge(record).measured == 0.5


def test_draws_without_a_known_host_are_left_out_and_told() -> None:
    """A connection that no instance answered says nothing of the spread."""
    lost = good(20, instance="", connect=100, outcome=Outcome.UNAVAILABLE)
    verdict = share_by(shoppers, by="instance", of="web-eu-1", at_least=0.4).judge(history(to_instances(30, 30), lost))
    assert (verdict.measured, verdict.samples) == (0.5, 60)
    assert "20 fell on no known host" in verdict.reason


def test_any_selector_names_the_hosts() -> None:
    """Two instances of three are one share."""
    check = share_by(shoppers, by="instance", of=name("web-eu-1", "web-eu-2"), at_least=0.6)
    assert check.judge(history(to_instances(40, 40, 40))).measured == pytest.approx(2 / 3)


def test_windows_and_clients_narrow_it() -> None:
    """The share is that of the clients and the window asked for."""
    record = history(
        to_regions(200, 0, start=13.0, seconds=15.0), to_regions(0, 200, start=5.0, seconds=6.0, client="client-na")
    )
    for arguments in ({"outside": failover}, {"clients": region("eu")}):
        assert share_by(shoppers, by="region", of="eu", at_least=0.9, **arguments).judge(record).measured == 1.0
    for arguments in ({"during": failover}, {"clients": region("na")}):
        assert share_by(shoppers, by="region", of="eu", at_least=0.9, **arguments).judge(record).measured == 0.0


def test_the_number_needed_keeps_a_healthy_run_from_failing() -> None:
    """Draws at the truth leave the bound in at most 1 of 10,000 runs: none of 2,000 simulated ones."""
    check = share_by(shoppers, by="region", of="eu", between=(0.4, 0.6))
    needed = check.judge(history()).needed
    assert needed == binomial.needed(0.5, 0.4, 0.6)
    counts = np.random.default_rng(7).binomial(needed, 0.5, 2_000)
    verdicts = {int(n): check.judge(history(to_regions(int(n), needed - int(n)))).outcome for n in set(counts.tolist())}
    assert set(verdicts.values()) == {PASS}


@pytest.mark.parametrize(
    "arguments",
    [
        {"by": "planet", "at_most": 0.5},
        {"by": "region"},
        {"by": "region", "between": (0.4, 0.6), "expected": 0.7},
        {"by": "region", "at_least": 0.5, "expected": 0.5},
    ],
)
def test_senseless_arguments_are_errors_where_they_are_written(arguments: dict[str, Any]) -> None:
    """An unknown `by`, no bound, or an expected share that its bound excludes."""
    with pytest.raises(DefinitionError, match=r"test_share_by\.py:\d+: "):
        share_by(shoppers, of="eu", **arguments)


def test_a_plan_knows_the_draws_where_every_request_is_one() -> None:
    """With a new connection a request the arrivals are the draws; with kept ones the plan cannot say."""
    check = share_by(shoppers, by="instance", of="web-eu-1", between=(0.2, 0.5), expected=1 / 3)
    samples = check.forecast(forecast())
    assert samples is not None
    assert (samples.expected, samples.needed) == (3_000, binomial.needed(1 / 3, 0.2, 0.5))
    kept = a_load(100, Connections.KEEP_ALIVE, DnsCache.TTL)
    assert check.forecast(forecast({shoppers: kept})) is None
