from __future__ import annotations

import numpy as np
import pytest

from chaoskit.core.load import Outcome
from chaoskit.core.units import NS
from chaoskit.report.model.bins import Bins
from chaoskit.report.model.traffic import ELSEWHERE, NOBODY, failed, rates, shares
from chaoskit.testing import make_history, rows
from tests.report import synthetic

SECONDS = Bins(NS, 4 * NS)


def test_outcomes_of_a_bin_add_up_to_the_arrivals() -> None:
    """The stack's height is the rate that was asked for, whatever became of the requests."""
    mixed = [Outcome.OK, Outcome.RESET, Outcome.LATE, Outcome.OK] * 100
    found = rates(rows(seconds=4, every="10ms", outcome=mixed), SECONDS)
    assert set(found) == {Outcome.OK, Outcome.RESET, Outcome.LATE}
    assert sum(found.values()).tolist() == [100.0] * 4


def test_a_request_counts_where_it_was_meant_to_start() -> None:
    """A request of 0.9 s that took two seconds belongs to the first second."""
    found = rates(rows(at=[0.9], latency="2s"), SECONDS)
    assert found[Outcome.OK].tolist() == [1.0, 0.0, 0.0, 0.0]


def test_what_the_generator_never_sent_is_no_failure() -> None:
    """Late arrivals and missing ports say nothing about the system under test."""
    outcomes = [Outcome.OK, Outcome.LATE, Outcome.NO_PORT, Outcome.UNAVAILABLE]
    assert failed(rows(at=[0, 1, 2, 3], outcome=outcomes)).tolist() == [False, False, False, True]


def test_shares_say_who_served_whom() -> None:
    """Eu clients: eu, then nobody, then na; seconds without arrivals have no share."""
    history = make_history(
        [
            rows(at=[0.1, 0.2], client="client-eu", server="198.18.0.13"),
            rows(at=[1.1, 1.2], client="client-eu", server="198.18.0.13", outcome=Outcome.RESET),
            rows(at=[2.1, 2.2], client="client-eu", server="198.18.0.23"),
        ],
        topology=synthetic.topology(),
    )
    (eu,) = shares(history, SECONDS)
    assert eu.group == "eu"
    for name, expected in {"eu": [1, 0, 0], NOBODY: [0, 1, 0], "na": [0, 0, 1]}.items():
        assert eu.by_place[name][:3].tolist() == expected
        assert np.isnan(eu.by_place[name][3])


def test_an_address_outside_the_lab_is_elsewhere() -> None:
    """A server that is none of the lab's hosts is not taken for one."""
    (group,) = shares(make_history([rows(at=[0.5], server="127.0.0.1")]), SECONDS)
    assert group.by_place[ELSEWHERE][0] == pytest.approx(1.0)
