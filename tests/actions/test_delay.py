"""`delay` on a real network: the time is right, one way, for whom it was asked; nothing is lost."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

import pytest

from chaoskit.actions.delay import delay
from chaoskit.actions.loss import loss
from chaoskit.core.errors import UsageError
from chaoskit.core.selector import name
from chaoskit.testing import check_action, two_regions
from tests.packets import BY_PROCESS, Arrival, as_found, evidence, flight, in_force, is_share, means_of, overtaken
from tests.wire import Wire, wired

MS = 1_000_000
COUNT = 1000


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Three hosts on one bridge."""
    with wired("a", "b", "c") as hosts:
        yield hosts


def middle(arrivals: list[Arrival]) -> float:
    """The median time under way, in ms."""
    return statistics.median(each.took for each in arrivals) / MS


@pytest.mark.lab
@pytest.mark.alone
def test_fifty_milliseconds_are_fifty_and_one_way(wire: Wire) -> None:
    """The median is within 2 ms, none is early, none is lost, the order stays; the way back is as before."""
    check_action(delay(name("a"), "10ms"), wire.topology, lab=wire.lab)
    before = as_found(wire, "a")
    with in_force(wire, delay(name("a"), "50ms")) as step:
        arrived = flight(wire, COUNT, gap_s=0.0005)
        assert means_of(step) in BY_PROCESS
        assert middle(flight(wire, 100, sender="b", to="a", gap_s=0.0005)) < 2
    assert len(arrived) == COUNT
    assert overtaken(arrived) == 0
    assert middle(arrived) == pytest.approx(50, abs=2)
    assert min(each.took for each in arrived) >= 49.9 * MS
    assert as_found(wire, "a") == before


@pytest.mark.lab
@pytest.mark.alone
def test_jitter_spreads_evenly_to_both_sides(wire: Wire) -> None:
    """Quartiles and ends of an even spread from 20 to 60 ms; packets overtake each other, as with netem."""
    with in_force(wire, delay(name("a"), "40ms", jitter="20ms")):
        arrived = flight(wire, COUNT, gap_s=0.0005)
    assert len(arrived) == COUNT
    assert overtaken(arrived) > 0
    first, second, third = statistics.quantiles([each.took / MS for each in arrived], n=4)
    assert (first, second, third) == (pytest.approx(30, abs=3), pytest.approx(40, abs=3), pytest.approx(50, abs=3))
    assert min(each.took for each in arrived) >= 19.9 * MS
    assert statistics.quantiles([each.took / MS for each in arrived], n=20)[-1] <= 62


@pytest.mark.lab
@pytest.mark.alone
def test_two_peers_have_a_delay_of_their_own_on_one_link(wire: Wire) -> None:
    """As a host has whose peers are on two continents; and a loss adds to it without drawing twice."""
    to_b, to_c = delay(name("a"), "20ms", towards=name("b")), delay(name("a"), "60ms", towards=name("c"))
    with in_force(wire, to_b, to_c, loss(name("a"), "20%", towards=name("b"))) as step:
        to_b_arrived = flight(wire, 2000, gap_s=0.0002)
        assert is_share(2000 - len(to_b_arrived), 2000, 0.2)
        assert middle(to_b_arrived) == pytest.approx(20, abs=2)
        assert middle(flight(wire, 200, to="c", gap_s=0.0005)) == pytest.approx(60, abs=2)
        assert "delay of 20 ms to 198.18.1.2" in evidence(wire, step).what


@pytest.mark.parametrize(("by", "jitter"), [(0, 0), ("5ms", "6ms")])
def test_a_delay_that_cannot_be_is_a_usage_error(by: str | int, jitter: str | int) -> None:
    """None at all, or one that would begin before the packet was sent."""
    with pytest.raises(UsageError, match="cannot be"):
        check_action(delay(name("web-eu-1"), by, jitter=jitter), two_regions())
