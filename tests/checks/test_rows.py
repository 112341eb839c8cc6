import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.checks import rows as select_rows
from chaoskit.core.errors import UsageError
from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.core.selector import everything, name, region
from chaoskit.core.units import NS
from chaoskit.core.window import Span
from chaoskit.testing import make_history, rows
from tests.checks.world import BEGIN, END, failover, fault, history, others, shoppers


@pytest.mark.parametrize(
    ("start", "latency", "starts_inside", "touches"),
    [
        (4.0, "500ms", False, False),
        (4.0, "1s", False, True),
        (4.0, "20s", False, True),
        (5.0, "1ms", True, True),
        (11.9, "1s", True, True),
        (12.0, "1ms", False, False),
    ],
)
def test_a_request_is_in_a_window_by_its_start_and_touches_it_by_its_life(
    start: float, latency: str, starts_inside: bool, touches: bool
) -> None:
    """The window 5 s to 12 s holds requests that start in it, and is touched by those under way in it."""
    record = history(rows("shoppers", at=[start], latency=latency))
    assert select_rows.select(record, shoppers, during=failover).tolist() == [starts_inside]
    assert select_rows.select(record, shoppers, outside=failover).tolist() == [not touches]


def test_a_load_has_only_its_own_requests() -> None:
    """Requests of another load are never counted."""
    record = history(rows("shoppers", at=[1, 2]), rows("others", at=[3]))
    assert select_rows.select(record, shoppers).tolist() == [True, True, False]
    assert select_rows.select(record, others).tolist() == [False, False, True]


def test_clients_are_chosen_by_any_selector_of_hosts() -> None:
    """Client hosts are resolved against the recorded topology."""
    record = history(rows("shoppers", at=[1, 2, 3], client=["client-eu", "client-na", "client-eu"]))
    assert select_rows.select(record, shoppers, clients=region("eu")).tolist() == [True, False, True]
    assert select_rows.select(record, shoppers, clients=name("client-na")).tolist() == [False, True, False]
    with pytest.raises(UsageError, match="matches no host"):
        select_rows.select(record, shoppers, clients=region("mars"))


def test_picked_clients_are_the_same_whenever_a_history_is_judged() -> None:
    """A pick is drawn by the recorded seed: judging again gives the same hosts, another seed may not."""
    picked = everything().pick(3)
    chosen = [[host.name for host in select_rows.hosts(history(seed=seed), picked)] for seed in (1, 1, 2, 3, 4)]
    assert chosen[0] == chosen[1]
    assert any(other != chosen[0] for other in chosen)


@pytest.mark.parametrize(
    ("server", "instance", "eu", "na"),
    [
        ("198.18.1.30", "web-eu-1", True, False),
        ("198.18.1.30", "web-na-1", False, True),
        ("198.18.1.30", "", True, False),
        ("198.18.1.30", "a1b2c3", True, False),
        ("198.18.1.30", "198.18.2.101", False, True),
        ("", "", False, False),
        ("203.0.113.1", "", False, False),
    ],
)
def test_a_request_is_served_where_its_answer_says_else_where_it_connected(
    server: str, instance: str, eu: bool, na: bool
) -> None:
    """The instance header decides, by host name or address; without a known one the address does."""
    record = history(rows("shoppers", at=[1], server=server, instance=instance))
    for wanted, expected in (("eu", eu), ("na", na)):
        hosts = frozenset(host.name for host in select_rows.hosts(record, region(wanted)))
        assert select_rows.served_by(record, hosts).tolist() == [expected]


def test_a_request_reaches_both_the_host_it_connected_to_and_the_one_that_answered() -> None:
    """Traffic to a balancer in eu that an instance in na answered went to both."""
    record = history(rows("shoppers", at=[1], server="198.18.1.30", instance="web-na-1"))
    assert select_rows.reaching(record, frozenset({"lb-eu"})).tolist() == [True]
    assert select_rows.reaching(record, frozenset({"web-na-1"})).tolist() == [True]
    assert select_rows.reaching(record, frozenset({"web-eu-1"})).tolist() == [False]


def test_a_refused_request_set_out_when_its_generator_had_its_address() -> None:
    """One never handed to the kernel counts from when it was taken up and its name resolved."""
    table = rows("shoppers", at=[1.0], outcome=Outcome.LATE, latency="1s", lag=300, dns=200)
    assert select_rows.tried_at(table).tolist() == [NS + 500_000]


def test_a_window_without_length_is_touched_by_nothing() -> None:
    """A window that came to nothing forgives nothing."""
    table = rows("shoppers", at=[5.0], latency="1s")
    assert not select_rows.touching(table, Span(5 * NS + 1, 5 * NS + 1)).any()


def test_an_empty_history_has_no_rows_to_choose() -> None:
    """Nothing recorded is no error: masks are empty."""
    record = history()
    assert not len(select_rows.select(record, shoppers, during=fault, clients=region("eu")))
    assert not len(select_rows.served_by(record, frozenset({"lb-eu"})))


@given(st.lists(st.tuples(st.floats(0, 29), st.integers(0, 3_000_000)), max_size=40))
def test_during_is_part_of_what_touches(requests: list[tuple[float, int]]) -> None:
    """Whatever starts inside a window touches it, so `during` and `outside` of one window never overlap."""
    table = rows("shoppers", at=[t for t, _ in requests], latency=[us for _, us in requests])
    span = Span(round(BEGIN * NS), round(END * NS))
    inside, touches = select_rows.started(table, span), select_rows.touching(table, span)
    brute = [t < span.end and e >= span.start for t, e in zip(table.intended, table.ended, strict=True)]
    assert touches.tolist() == brute
    assert not (inside & ~touches).any()


@given(st.lists(st.sampled_from(OUTCOMES), max_size=30), st.sets(st.sampled_from(OUTCOMES), min_size=1))
def test_outcomes_are_told_apart(happened: list[Outcome], wanted: set[Outcome]) -> None:
    """A row is chosen when its outcome is one of those asked for."""
    table = make_history([rows(at=np.arange(len(happened)) / 10, outcome=happened)] if happened else []).requests
    assert select_rows.with_outcome(table, wanted).tolist() == [o in wanted for o in happened]
