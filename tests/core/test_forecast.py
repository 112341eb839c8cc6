import pytest

from chaoskit.core.forecast import planned_moment
from chaoskit.core.late import found_by
from chaoskit.core.selector import name, region, role
from chaoskit.core.units import NS
from chaoskit.core.window import Span, begin, bound, confirmed, end, undone, window
from chaoskit.probes.alive import alive
from tests.checks.world import a_load, failover, fault, forecast, outage, return_home, shoppers


@pytest.mark.parametrize(
    ("what", "start", "stop"),
    [
        (None, 0, 30),
        (failover, 5, 12),
        (fault, 5, 17),
        (return_home, 17, 22),
        (window(after=begin(outage), lasting="1m"), 5, 30),
        (window(after=begin(outage), delay="4s", before=end(outage)), 9, 17),
        (window(after=begin(outage), delay=bound(a="1s", b="2s"), lasting="1s"), 8, 9),
    ],
)
def test_windows_lie_where_the_timeline_puts_them(what: object, start: float, stop: float) -> None:
    """By planned times, as if every action took no time at all."""
    assert forecast().span(what) == Span(start * NS, stop * NS)  # type: ignore[arg-type]


def test_moments_follow_from_start_and_length() -> None:
    """Begin and confirmed at the start, end and undone after the length; a one-shot has none."""
    starts = [planned_moment(moment(outage), 5, 12) for moment in (begin, confirmed, end, undone)]
    assert starts == [5, 5, 17, 17]
    assert planned_moment(end(outage), 5, None) == 5


def test_arrivals_are_the_rate_summed_over_the_window() -> None:
    """100/s: 3,000 in the run, 700 in the 7 s of failover, 2,300 outside, 500 in the rest of the fault."""
    plan = forecast()
    assert plan.arrivals(shoppers) == 3_000
    assert plan.arrivals(shoppers, during=failover) == 700
    assert plan.arrivals(shoppers, outside=failover) == 2_300
    assert plan.arrivals(shoppers, during=fault, outside=failover) == 500


def test_clients_get_equal_parts() -> None:
    """One client host of two gets half; hosts that drive no load get nothing; of all clients all."""
    plan = forecast()
    assert plan.arrivals(shoppers, clients=region("eu")) == 1_500
    assert plan.arrivals(shoppers, clients=role("client")) == 3_000
    assert plan.arrivals(shoppers, clients=name("lb-eu")) == 0


def test_of_clients_known_only_later_the_fewest_are_expected() -> None:
    """Whoever the lab names, the window gets as many requests as planned: the smallest part of any answer."""
    holder = found_by(alive().at(role("service"), every="1s"), "holds")
    plan = forecast()
    assert plan.arrivals(shoppers, clients=role("client").beside(holder)) == 1_500
    assert plan.arrivals(shoppers, clients=role("client") - name("client-eu").beside(holder)) == 1_500


def test_a_load_may_be_stood_in_for() -> None:
    """The arm's own load decides the rate."""
    assert forecast({shoppers: a_load(20)}).arrivals(shoppers, during=failover) == 140
