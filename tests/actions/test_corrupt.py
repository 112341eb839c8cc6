"""`corrupt` on a real network: the share is right, and the receiver's check sums find it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest

from chaoskit.actions.corrupt import corrupt
from chaoskit.core.selector import name
from chaoskit.kernel.namespaces import in_network
from chaoskit.testing import check_action
from tests.packets import BY_PROCESS, as_found, counter, flight, in_force, is_share, means_of
from tests.wire import Wire, wired

COUNT = 4000
PORT = 9100


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Two hosts on one bridge."""
    with wired("a", "b") as hosts:
        yield hosts


def found_out(wire: Wire) -> int:
    """What b threw away because its check sums were wrong, or its headers made no sense."""
    b = wire.networks["b"]
    return counter(b, "Ip", "InHdrErrors") + counter(b, "Udp", "InErrors")


@pytest.mark.lab
def test_a_tenth_is_found_out_by_its_check_sums(wire: Wire) -> None:
    """What is missing is what the receiver's counters say it dropped; what arrives is whole."""
    check_action(corrupt(name("a"), 0.1), wire.topology, lab=wire.lab)
    before, wrong = as_found(wire, "a"), found_out(wire)
    with in_force(wire, corrupt(name("a"), "10%")) as step:
        arrived = flight(wire, COUNT, size=600)
        assert means_of(step) in BY_PROCESS
    missing = COUNT - len(arrived)
    assert is_share(missing, COUNT, 0.1)
    assert all(each.whole for each in arrived)
    if means_of(step) == "diversion":  # netem hits the link's header as well, which nobody counts
        # A bridge with br_netfilter drops those whose IP header is hit, 20 bytes of 640, and counts them elsewhere.
        assert 0.9 * missing <= found_out(wire) - wrong <= missing
    assert as_found(wire, "a") == before


@pytest.mark.lab
@pytest.mark.alone
def test_a_stream_arrives_whole_though_its_segments_are_hit(wire: Wire) -> None:
    """TCP sends again what its check sum found out; segments that the card would cut are cut, and hit one by one."""
    data = bytes(range(256)) * 4096
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(in_network(wire.networks["b"], lambda: socket.create_server(("0.0.0.0", PORT))))
        client = stack.enter_context(
            in_network(wire.networks["a"], lambda: socket.create_connection((wire.address("b"), PORT), 5))
        )
        heard = stack.enter_context(server.accept()[0])
        heard.settimeout(10)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 21)
        before = counter(wire.networks["b"], "Tcp", "InCsumErrors")
        with in_force(wire, corrupt(name("a"), "20%")):
            client.sendall(data)
            got = bytearray()
            while len(got) < len(data) and (part := heard.recv(1 << 20)):
                got += part
        assert bytes(got) == data
        assert counter(wire.networks["b"], "Tcp", "InCsumErrors") > before
