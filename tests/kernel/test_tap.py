"""A tap on a real interface: it hears one direction of one port, whole."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from chaoskit.kernel import bpf
from chaoskit.kernel.namespaces import in_network
from chaoskit.kernel.segment import SYN, Segment, cut, distance
from chaoskit.kernel.tap import Tap
from tests.wire import Wire, wired

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(not bpf.is_here(), reason=f"libpcap is not installed: apt-get install {bpf.PACKAGE}"),
]

PORT = 7000
SAID = bytes(range(256)) * 1_000


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Hosts a and b on one bridge."""
    with wired("a", "b") as hosts:
        yield hosts


def talk(wire: Wire, stack: ExitStack, port: int = PORT) -> tuple[socket.socket, socket.socket]:
    """A connection from b to a's port: a's end and b's."""
    listening = stack.enter_context(in_network(wire.networks["a"], lambda: socket.create_server(("0.0.0.0", port))))
    calling = stack.enter_context(
        in_network(wire.networks["b"], lambda: socket.create_connection((wire.address("a"), port), timeout=5))
    )
    return stack.enter_context(listening.accept()[0]), calling


def take(calling: socket.socket) -> bytes:
    """All of what is said."""
    taken = b""
    while len(taken) < len(SAID):
        taken += calling.recv(1 << 16)
    return taken


def heard(tap: Tap) -> list[tuple[Segment, int]]:
    """All there is to hear until nothing more comes."""
    found = []
    while (one := tap.hear(0.2)) is not None:
        found.append(one)
    return found


def test_it_hears_what_is_said_and_nothing_else(wire: Wire) -> None:
    """Cut to the connection's segments and put together by their numbers it is what was said; no word of b's."""
    with ExitStack() as stack:
        arguments = ("eth0", wire.address("a"), wire.address("b"), PORT)
        tap = stack.enter_context(in_network(wire.networks["a"], lambda: Tap(*arguments)))
        own, calling = talk(wire, stack)
        other, _ = talk(wire, stack, PORT + 1)
        calling.sendall(b"a question")
        other.sendall(b"something else")
        own.sendall(SAID)
        assert take(calling) == SAID
        (first, _), *rest = heard(tap)
        assert first.flags & SYN
        parts = {distance(part.seq, first.seq) - 1: part for whole, size in rest for part in cut(whole, size)}
        assert all(part.length <= 1_460 for part in parts.values())
        together = bytearray(len(SAID))
        for place, part in parts.items():
            together[place : place + part.length] = part.payload
        assert together == SAID


def test_what_finds_no_room_is_counted(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tap that nobody reads in time says how much it did not hear."""
    monkeypatch.setattr("chaoskit.kernel.tap._BUFFER", 4096)
    with ExitStack() as stack:
        tap = stack.enter_context(
            in_network(wire.networks["a"], lambda: Tap("eth0", wire.address("a"), wire.address("b"), PORT))
        )
        own, calling = talk(wire, stack)
        assert tap.lost() == 0
        own.sendall(SAID)
        assert take(calling) == SAID
        lost = tap.lost()
        assert lost > 0
        assert tap.lost() == lost


def test_a_device_that_is_not_there_is_an_error(wire: Wire) -> None:
    """The kernel's own."""
    with pytest.raises(OSError, match="No such device"):
        in_network(wire.networks["a"], lambda: Tap("eth7", "198.18.1.1", "198.18.1.2", PORT))
