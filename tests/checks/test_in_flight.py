"""`in_flight`: requests under way at a moment, and nothing else."""

from __future__ import annotations

import pytest

from chaoskit.checks.in_flight import in_flight
from chaoskit.core.errors import DefinitionError
from chaoskit.core.load import Outcome
from chaoskit.core.selector import name
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN
from chaoskit.testing import rows
from tests.checks.world import failover, history, shoppers

CUT_SHORT = {Outcome.BODY_TIMEOUT, Outcome.RESET}
"""The window `failover` starts at 5 s."""


def test_the_share_of_those_under_way_is_counted() -> None:
    """Forty of fifty; requests that ended before or set out after the moment do not count, whatever became of them."""
    record = history(
        rows("shoppers", at=[4.5] * 40, latency="2s", outcome=Outcome.BODY_TIMEOUT),
        rows("shoppers", at=[4.9] * 10, latency="1s"),
        rows("shoppers", at=[4.0] * 30, latency="0.5s", outcome=Outcome.RESET),
        rows("shoppers", at=[5.1] * 30, latency="0.5s", outcome=Outcome.RESET),
    )
    verdict = in_flight(shoppers, CUT_SHORT, at=failover, at_least=0.8).judge(record)
    assert (verdict.outcome, verdict.measured, verdict.samples) == (PASS, 0.8, 50)
    assert in_flight(shoppers, CUT_SHORT, at=failover, at_most=0.5).judge(record).outcome is FAIL


def test_one_that_was_never_sent_is_not_under_way() -> None:
    """It waited for a connection or an answer to its SYN: new, not in flight. Others' reasons are told."""
    record = history(
        rows("shoppers", at=[4.5] * 40, latency="2s", outcome=Outcome.BODY_TIMEOUT),
        rows("shoppers", at=[4.5] * 20, latency="2s", outcome=Outcome.UNAVAILABLE),
        rows("shoppers", at=[4.5] * 90, latency="2s", outcome=Outcome.LATE),
    )
    verdict = in_flight(shoppers, CUT_SHORT, at=failover, at_least=0.75).judge(record)
    assert (verdict.outcome, verdict.samples) == (FAIL, 60)
    assert verdict.reason.endswith("the others: 20 503")


def test_too_few_are_unknown() -> None:
    """A bound of 80 % takes 50; the remedy says how to get more."""
    record = history(rows("shoppers", at=[4.5] * 49, latency="2s", outcome=Outcome.RESET))
    verdict = in_flight(shoppers, CUT_SHORT, at=failover, at_least=0.8).judge(record)
    assert (verdict.outcome, verdict.samples, verdict.needed) == (UNKNOWN, 49, 50)
    assert "answers take longer" in verdict.remedy


def test_clients_can_be_chosen() -> None:
    """Only theirs count."""
    record = history(
        rows("shoppers", at=[4.5] * 20, latency="2s", outcome=Outcome.RESET, client="client-eu"),
        rows("shoppers", at=[4.5] * 20, latency="2s", client="client-na"),
    )
    verdict = in_flight(shoppers, CUT_SHORT, at=failover, at_least=0.5, clients=name("client-eu")).judge(record)
    assert (verdict.outcome, verdict.measured) == (PASS, 1.0)


def test_a_bound_that_makes_no_sense_is_refused_where_it_is_written() -> None:
    """None, or no outcome."""
    with pytest.raises(DefinitionError, match="one bound"):
        in_flight(shoppers, CUT_SHORT, at=failover)
    with pytest.raises(DefinitionError, match="no outcome"):
        in_flight(shoppers, (), at=failover, at_least=0.8)
