from __future__ import annotations

import numpy as np
import pytest

from chaoskit.core.load import Outcome
from chaoskit.core.topology import HostInfo, Link, Network, Topology
from chaoskit.core.units import NS
from chaoskit.report.model.bins import Bins
from chaoskit.report.model.traffic import ELSEWHERE, NOBODY, failed, rates, rates_by_load, shares
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


def without_regions() -> Topology:
    """A client, and two instances behind an address that is no host's own."""
    names = (("client", 10), ("web-1", 11), ("web-2", 12))
    links = [(name, Link(name, "front", "eth0", f"198.18.0.{n}", 24, f"02:42:c6:12:00:{n}")) for name, n in names]
    hosts = tuple(HostInfo(name, name, {}, (link,)) for name, link in links)
    return Topology("vip", hosts, (Network("front", "198.18.0.0/24"),))


def test_without_regions_it_is_the_instance_that_served() -> None:
    """The address is shared, and tells nobody apart; the answers name who gave them."""
    answered = [
        rows(at=[at], client="client", server="198.18.0.100", instance=web) for at, web in ((0, "web-1"), (1, "web-2"))
    ]
    (group,) = shares(make_history(answered, topology=without_regions()), SECONDS)
    assert (group.group, group.by_place["web-1"][0], group.by_place["web-2"][1]) == ("client", 1, 1)


def test_without_regions_or_names_nothing_is_said_of_who_served() -> None:
    """Rather no chart than one of `elsewhere`."""
    nameless = rows(at=[0], client="client", server="198.18.0.100", instance="")
    assert shares(make_history([nameless], topology=without_regions()), SECONDS) == ()


def test_each_of_several_loads_is_counted_apart() -> None:
    """A small load that fails is not lost in a large one; a single load is its own sum already."""
    two = make_history([rows("big", seconds=4), rows("small", at=[1.5], outcome=Outcome.RESET)]).requests
    found = rates_by_load(two, SECONDS)
    assert list(found) == ["big", "small"]
    assert list(found["big"]) == [Outcome.OK]
    assert found["small"][Outcome.RESET].tolist() == [0, 1, 0, 0]
    assert rates_by_load(rows(seconds=4), SECONDS) == {}
