"""`bandwidth` on a real network: the rate is right within 5 %, and what waits longer than asked for is dropped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chaoskit.actions.bandwidth import bandwidth
from chaoskit.actions.delay import delay
from chaoskit.core.errors import StepError, UsageError
from chaoskit.core.selector import Selector, name
from chaoskit.core.units import bit_rate
from chaoskit.kernel.namespaces import in_network, run_in_network
from chaoskit.kernel.tx_queue import tx_queue
from chaoskit.testing import check_action, two_regions
from tests.packets import as_found, evidence, flight, in_force
from tests.wire import Wire, wired

SIZE = 1400
HEADERS = 12 + 8 + 20 + 14
"""Number and time, UDP, IP, Ethernet."""
MS = 1_000_000


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Three hosts on one bridge."""
    with wired("a", "b", "c") as hosts:
        yield hosts


def measured(wire: Wire, count: int) -> float:
    """Bits a second between the first datagram after the burst and the last one, all sent at once."""
    arrived = [each.at for each in flight(wire, count, size=SIZE)]
    settled = arrived[len(arrived) // 4 :]
    return (len(settled) - 1) * (SIZE + HEADERS) * 8 / ((settled[-1] - settled[0]) / 1e9)


@pytest.mark.lab
@pytest.mark.alone
@pytest.mark.parametrize("towards", [None, name("b")], ids=["tbf", "htb"])
@pytest.mark.parametrize(("rate", "queue"), [("4Mbit/s", "1s"), ("100Mbit/s", "400ms")])
def test_the_rate_is_right_within_5_percent(wire: Wire, rate: str, queue: str, towards: Selector | None) -> None:
    """Counted on the receiver, frames and all."""
    count = round(bit_rate(rate) * 0.5 / 8 / (SIZE + HEADERS))
    before = as_found(wire, "a")
    with in_force(wire, bandwidth(name("a"), rate, queue=queue, towards=towards)):
        assert measured(wire, count) == pytest.approx(bit_rate(rate), rel=0.05)
    assert as_found(wire, "a") == before


@pytest.mark.lab
@pytest.mark.alone
def test_what_finds_the_queue_full_is_dropped_and_counted(wire: Wire) -> None:
    """50 ms of queue at 8 Mbit/s are 50,000 bytes: 34 frames of 1,454 and a burst of 20,000 bytes."""
    check_action(bandwidth(name("a"), "8Mbit/s"), wire.topology, lab=wire.lab)
    with in_force(wire, bandwidth(name("a"), "8Mbit/s", queue="50ms")) as step:
        arrived = flight(wire, 300, size=SIZE)
        assert 40 <= len(arrived) <= 60
        assert max(each.took for each in arrived) <= 60 * MS
        assert f"{300 - len(arrived):,} dropped" in evidence(wire, step).what


@pytest.mark.lab
@pytest.mark.alone
def test_towards_a_peer_the_others_have_the_whole_link(wire: Wire) -> None:
    """What goes to c does not wait behind what goes to b."""
    with in_force(wire, bandwidth(name("a"), "1Mbit/s", towards=name("b"), queue="1s")):
        flight(wire, 50, size=SIZE, quiet_s=0.001)
        assert max(each.took for each in flight(wire, 50, to="c", size=SIZE)) < 20 * MS


@pytest.mark.lab
@pytest.mark.alone
def test_a_delay_joins_it(wire: Wire) -> None:
    """What waits for the rate waits for the delay as well."""
    with in_force(wire, bandwidth(name("a"), "100Mbit/s"), delay(name("a"), "30ms")):
        assert min(each.took for each in flight(wire, 100, size=SIZE)) >= 29.9 * MS


@pytest.mark.lab
@pytest.mark.alone
def test_a_queueing_discipline_of_somebody_else_stays(wire: Wire) -> None:
    """It is refused with its name, and nothing is changed."""
    run_in_network(wire.networks["a"], ["tc", "qdisc", "add", "dev", "eth0", "root", "handle", "7:", "pfifo"])
    before = as_found(wire, "a")
    with (
        pytest.raises(StepError, match="somebody else has set already: pfifo 7:"),
        in_force(wire, bandwidth(name("a"), "8Mbit/s")),
    ):
        pass
    assert as_found(wire, "a") == before


@pytest.mark.lab
def test_a_device_without_a_queue_has_none_afterwards(wire: Wire) -> None:
    """The kernel gives it a length together with a discipline: containers' devices have none."""
    run_in_network(wire.networks["a"], ["ip", "link", "set", "eth0", "txqueuelen", "0"])
    before = as_found(wire, "a")
    with in_force(wire, bandwidth(name("a"), "8Mbit/s")):
        assert in_network(wire.networks["a"], lambda: tx_queue("eth0")) == 1000
    assert in_network(wire.networks["a"], lambda: tx_queue("eth0")) == 0
    assert as_found(wire, "a") == before


@pytest.mark.parametrize(("rate", "queue"), [("0Mbit/s", "1s"), ("fast", "1s"), ("400/s", "1s"), ("8Mbit/s", 0)])
def test_what_is_no_rate_or_no_queue_is_a_usage_error(rate: str, queue: str | int) -> None:
    """Before anything is done."""
    with pytest.raises(UsageError):
        check_action(bandwidth(name("web-eu-1"), rate, queue=queue), two_regions())
