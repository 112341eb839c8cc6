"""Packets that say they are from somebody else, on a real bridge: what arrives, and what nobody learns from it."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from scapy.layers.inet import ICMP, IP, UDP

from chaoskit.core.errors import LabError
from chaoskit.kernel import bpf
from chaoskit.kernel.namespaces import in_network
from chaoskit.kernel.netstat import packets_sent
from chaoskit.kernel.packets import Sniffer
from chaoskit.kernel.spoof import Spoofer
from tests.wire import Wire, until, wired

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(not bpf.is_here(), reason=f"libpcap is not installed: apt-get install {bpf.PACKAGE}"),
]

BETWEEN = {"src": "198.18.1.1", "dst": "198.18.1.2"}
ODD = [
    bytes(IP(**BETWEEN, id=7) / UDP(sport=9, dport=9) / b"as it should be"),
    bytes(IP(**BETWEEN, id=0, tos=3) / UDP(sport=9, dport=9, chksum=2) / b"wrong checksum"),
    bytes(IP(**BETWEEN, options=b"\x07\x07\x04\0\0\0\0\0") / UDP(sport=9, dport=9, len=99) / b"options, wrong length"),
    bytes(IP(**BETWEEN, flags="DF+evil", ttl=1) / ICMP(chksum=1) / b"about to die"),
]
"""What nobody may repair on the way. (The bridge itself may look at the IP header, where netfilter is on it.)"""


@pytest.fixture
def wire() -> Iterator[Wire]:
    """A sender, a receiver and an attacker on one bridge, which has heard all three."""
    with wired("a", "b", "c") as hosts:
        for each in ("b", "c"):
            with hosts.listener(each) as listening:
                hosts.say("a", each, "where are you?")
                assert listening.recv(99) == b"where are you?"
        yield hosts


def mac(wire: Wire, name: str) -> str:
    """A host's hardware address."""
    return wire.topology.by_name[name].links[0].mac


def sniffer(wire: Wire, name: str, expression: str) -> Sniffer:
    """What comes to a host."""
    program = bpf.compiled(expression)
    return in_network(wire.networks[name], lambda: Sniffer("eth0", program))


def test_packets_arrive_byte_for_byte_in_the_attackers_frames(wire: Wire) -> None:
    """Wrong checksums and lengths and odd options included; the interface has counted each as sent."""
    found: list[bytes] = []
    with (
        closing(sniffer(wire, "b", f"ip and ether src {mac(wire, 'c')}")) as arrived,
        in_network(wire.networks["c"], lambda: Spoofer("eth0")) as spoofer,
    ):
        assert spoofer.mac == mac(wire, "c")
        before = in_network(wire.networks["c"], lambda: packets_sent("eth0"))
        for packet in ODD:
            spoofer.send(packet, mac(wire, "b"))
        assert until(lambda: bool(found.extend(one.data for one in arrived.packets(9)) or len(found) == len(ODD)))
    assert [frame[14:] for frame in found] == ODD
    assert {frame[:6].hex(":") for frame in found} == {mac(wire, "b")}
    assert in_network(wire.networks["c"], lambda: packets_sent("eth0")) >= before + len(ODD)


def test_nobody_takes_the_attacker_for_the_sender(wire: Wire) -> None:
    """What is for the sender still goes there alone: neither bridge nor receiver has learnt anything."""
    with (
        closing(sniffer(wire, "c", f"udp and not ether src {mac(wire, 'c')}")) as strays,
        in_network(wire.networks["c"], lambda: Spoofer("eth0")) as spoofer,
        wire.listener("a") as listening,
    ):
        spoofer.send(ODD[0], mac(wire, "b"))
        wire.say("b", "a", "for you")
        assert listening.recv(99) == b"for you"
        assert list(strays.packets(9)) == []
    assert mac(wire, "a") in wire.show("b", "neighbour", "show", wire.address("a"))


def test_an_interface_that_is_not_there_is_an_error(wire: Wire) -> None:
    """It names the interface."""
    with pytest.raises(LabError, match="raw packets cannot be sent from eth7"):
        in_network(wire.networks["c"], lambda: Spoofer("eth7"))
