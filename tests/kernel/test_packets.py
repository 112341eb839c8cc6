"""Packets of an interface, in namespaces of the test's own."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from chaoskit.kernel import bpf
from chaoskit.kernel.namespaces import in_network
from chaoskit.kernel.packets import Packet, Sniffer
from tests.wire import Wire, until, wired

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(not bpf.is_here(), reason=f"libpcap is not installed: apt-get install {bpf.PACKAGE}"),
]


@contextmanager
def sniffing(wire: Wire, host: str, expression: str) -> Iterator[Sniffer]:
    """A sniffer on a host's interface."""
    with closing(in_network(wire.networks[host], lambda: Sniffer("eth0", bpf.compiled(expression)))) as sniffer:
        yield sniffer


def words(packets: list[Packet]) -> list[bytes]:
    """What the datagrams say, behind Ethernet, IPv4 and UDP headers."""
    return [packet.data[42:] for packet in packets]


def test_a_filter_lets_through_what_it_names_in_both_directions() -> None:
    """Sent and received; the rest never reaches this process."""
    with wired("a", "b") as wire, sniffing(wire, "a", "udp port 9000 and host 198.18.1.2") as sniffer:
        with wire.listener("a") as at_a, wire.listener("b") as at_b:
            wire.say("a", "b", "out")
            assert at_b.recv(9) == b"out"
            wire.say("b", "a", "in")
            assert at_a.recv(9) == b"in"
        assert words(list(sniffer.packets(10))) == [b"out", b"in"]
        assert list(sniffer.packets(10)) == []


def test_packets_have_the_kernels_utc_and_wait_until_they_are_read() -> None:
    """The moment is that of the packet, not of the reading; so many at most are given at a time."""
    with wired("a", "b") as wire, sniffing(wire, "b", "udp") as sniffer, wire.listener("b") as at_b:
        before = time.time_ns()
        for word in ("one", "two", "three"):
            wire.say("a", "b", word)
            at_b.recv(9)
        after = time.time_ns()
        time.sleep(0.05)
        first = list(sniffer.packets(2))
        assert words([*first, *sniffer.packets(2)]) == [b"one", b"two", b"three"]
        assert before <= first[0].utc <= first[1].utc <= after


def test_what_finds_no_room_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some were kept, some lost, and together they are all; the count does not begin anew when it is read."""
    monkeypatch.setattr("chaoskit.kernel.packets._BUFFER", 4096)
    with wired("a", "b") as wire, sniffing(wire, "a", "udp") as sniffer:
        for _ in range(100):
            wire.say("a", "b", "x" * 1000)
        lost = sniffer.lost()
        assert lost > 0
        assert lost + len(list(sniffer.packets(200))) == 100
        assert sniffer.lost() == lost


def test_an_interface_that_goes_down_is_an_error_once_and_is_seen_again_when_it_is_up() -> None:
    """The socket outlives it."""
    with wired("a", "b") as wire, sniffing(wire, "a", "udp") as sniffer:
        wire.ip("a", "link set eth0 down")
        with pytest.raises(OSError, match="Network is down"):
            list(sniffer.packets(1))
        wire.ip("a", "link set eth0 up")
        wire.say("a", "b", "again")
        assert until(lambda: words(list(sniffer.packets(9))) == [b"again"])


def test_an_interface_that_is_not_there_is_an_error() -> None:
    """Nothing is left open."""
    with wired("a") as wire, pytest.raises(OSError, match="No such device"):
        in_network(wire.networks["a"], lambda: Sniffer("eth9", b""))
