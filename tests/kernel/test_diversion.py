"""Frames that nftables forwards to the loopback device are taken, whole, and sent on by the link they were on."""

from __future__ import annotations

import contextlib
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest

from chaoskit.core.errors import LabError
from chaoskit.kernel.diversion import VNET_HEADER, DeviceGone, Diversion
from chaoskit.kernel.namespaces import in_network
from tests.wire import Wire, until, wired

pytestmark = pytest.mark.lab

T = TypeVar("T")
MARK = 0xC4050001
TABLE = f"""table netdev chaoskit_test {{
chain out {{
type filter hook egress device "eth0" priority 0; policy accept;
meta mark {MARK:#x} accept
meta l4proto {{ tcp, udp }} meta mark set {MARK:#x} fwd to "lo"
}}
}}"""


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Two hosts on one bridge; what a sends is diverted."""
    with wired("a", "b") as hosts:
        hosts.nft("a", TABLE)
        yield hosts


def diverted(wire: Wire, act: Callable[[Diversion], T]) -> T:
    """Do something with a diversion in a's network."""

    def inside() -> T:
        with Diversion("eth0", MARK) as diversion:
            return act(diversion)

    return in_network(wire.networks["a"], inside)


def test_a_datagram_is_taken_once_with_its_time_and_arrives_when_it_is_sent_on(wire: Wire) -> None:
    """Until then nobody hears it; its sender is told nothing; what is not marked is not taken."""

    def act(diversion: Diversion) -> None:
        with wire.listener("b") as b, wire.listener("a") as a:
            before = time.monotonic_ns()
            wire.say("a", "b", "held")
            wire.say("a", "a", "not diverted: it stays inside")
            assert a.recv(99).startswith(b"not diverted")
            ((came, frame),) = diversion.taken(9)
            assert before - 1_000_000 <= came <= time.monotonic_ns()
            assert frame.endswith(b"held")
            b.settimeout(0.05)
            with pytest.raises(TimeoutError):
                b.recv(99)
            assert diversion.send(frame)
            b.settimeout(2)
            assert b.recv(99) == b"held"
            assert list(diversion.taken(9)) == []
            diversion.see_that_nothing_is_lost()

    diverted(wire, act)


def test_a_stream_is_taken_in_pieces_that_a_card_would_cut_and_arrives_whole(wire: Wire) -> None:
    """Frames keep what is left to the card: pieces longer than a link's packets, and their check sums."""
    data = bytes(range(256)) * 1000
    sizes: list[int] = []

    def act(diversion: Diversion) -> bytes:
        def carry() -> bool:
            for _, frame in diversion.taken(64):
                sizes.append(len(frame) - VNET_HEADER)
                diversion.send(frame)
            return True

        with contextlib.ExitStack() as stack:
            server = stack.enter_context(
                in_network(wire.networks["b"], lambda: socket.create_server(("0.0.0.0", 9100)))
            )
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex((wire.address("b"), 9100))
            assert until(lambda: carry() and bool(select.select([server], [], [], 0)[0]))
            heard = stack.enter_context(server.accept()[0])
            heard.setblocking(False)
            got, left = bytearray(), data

            def over() -> bool:
                nonlocal left
                carry()
                with contextlib.suppress(BlockingIOError):
                    left = left[client.send(left) :] if left else left
                with contextlib.suppress(BlockingIOError):
                    got.extend(heard.recv(1 << 20))
                return len(got) == len(data)

            assert until(over, 20)
        return bytes(got)

    assert diverted(wire, act) == data
    assert max(sizes) > 1514


def test_a_link_that_is_down_loses_frames_and_one_that_is_gone_is_an_error(wire: Wire) -> None:
    """What it can come back from is no end of the diversion."""

    def act(diversion: Diversion) -> None:
        wire.say("a", "b", "one")
        ((_, frame),) = diversion.taken(9)
        wire.ip("a", "link set eth0 down")
        assert not diversion.send(frame)
        wire.ip("a", "link set eth0 up")
        assert until(lambda: diversion.send(frame))
        wire.ip("a", "link delete eth0")
        with pytest.raises(DeviceGone, match="the device eth0 is gone"):
            diversion.send(frame)
        with pytest.raises(DeviceGone, match="the device eth0 is gone"):
            diversion.see_that_nothing_is_lost()

    diverted(wire, act)


def test_there_must_be_a_device(wire: Wire) -> None:
    """An error that names it."""
    with pytest.raises(LabError, match="cannot be sent on from eth7"):
        in_network(wire.networks["a"], lambda: Diversion("eth7", MARK))


def test_who_is_root_of_a_user_namespace_only_diverts_as_well() -> None:
    """Without the machine's root buffers are as large as the machine gives to everybody: frames pass all the same."""
    wanted = [
        f"{__file__}::{test.__name__}"
        for test in (
            test_a_datagram_is_taken_once_with_its_time_and_arrives_when_it_is_sent_on,
            test_a_stream_is_taken_in_pieces_that_a_card_would_cut_and_arrives_whole,
        )
    ]
    argv = [
        "unshare",
        "--user",
        "--map-root-user",
        "--net",
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run([*argv, *wanted], capture_output=True, text=True, timeout=60, check=False)
    assert "2 passed" in done.stdout, done.stdout + done.stderr
