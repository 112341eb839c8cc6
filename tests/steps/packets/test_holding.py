"""What is done to diverted frames, without a network: how long each is held, and which bit is turned over."""

from __future__ import annotations

import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from chaoskit.core.errors import StepError
from chaoskit.kernel.diversion import VNET_HEADER
from chaoskit.steps.packets import holding as module
from chaoskit.steps.packets.holding import Holding, corrupted, holding

SEEDS = st.integers(0, 1 << 32)
TIMES = st.integers(0, 10**9)
NEEDS_CHECKSUM, TCP4, UDP_BATCH = 1, 1, 5


def vnet(flags: int = 0, kind: int = 0, size: int = 0, start: int = 0, offset: int = 0) -> bytes:
    """A struct virtio_net_hdr."""
    return struct.pack("=BBHHHH", flags, kind, 0, size, start, offset)


def bits_apart(one: bytes, other: bytes) -> int:
    """How many bits of two frames of one length differ."""
    assert len(one) == len(other)
    return sum((a ^ b).bit_count() for a, b in zip(one, other, strict=True))


@given(SEEDS, TIMES, TIMES, st.lists(st.integers(0, 10**8), min_size=1, max_size=30))
def test_each_is_held_for_its_time_and_no_longer(seed: int, delay: int, jitter: int, gaps: list[int]) -> None:
    """Within delay ± jitter, never less than nothing; all come out, and none before its time."""
    held = Holding(delay, jitter, random.Random(seed))
    came, now = {}, 0
    for number, gap in enumerate(gaps):
        now += gap
        came[number.to_bytes(2)] = now
        held.put(number.to_bytes(2), now)
    left: dict[bytes, int] = {}
    while (due := held.next) is not None:
        assert list(held.due(due - 1)) == []
        left |= dict.fromkeys(held.due(due), due)
    assert left.keys() == came.keys()
    assert held.size == 0
    assert all(max(0, delay - jitter) <= left[each] - at <= delay + jitter for each, at in came.items())


@given(TIMES, st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_without_jitter_the_order_stays(delay: int, gaps: list[int]) -> None:
    """Those that came at the same moment too."""
    held, now, frames = holding({"delay": delay}), 0, []
    for number, gap in enumerate(gaps):
        now += gap
        frames.append(number.to_bytes(2))
        held.put(frames[-1], now)
    assert list(held.due(now + delay)) == frames


def test_the_same_seed_holds_the_same_frames_as_long() -> None:
    """Another seed does not."""

    def waits(seed: int) -> list[int | None]:
        held = holding({"delay": 10**6, "jitter": 10**5, "seed": seed})
        found = []
        for _ in range(20):
            held.put(b"x", 0)
            found.append(held.next)
        return found

    assert waits(1) == waits(1) != waits(2)


def test_what_is_too_much_to_hold_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told as an overflow; nothing is thrown away in silence."""
    monkeypatch.setattr(module, "MOST_BYTES", 1000)
    held = holding({"delay": 10**9})
    held.put(bytes(1000), 0)
    with pytest.raises(StepError, match="overflow: 1 frames wait"):
        held.put(b"x", 0)


@given(SEEDS, st.binary(max_size=200))
def test_one_bit_of_a_whole_frame_is_turned_over_behind_its_link_header(seed: int, payload: bytes) -> None:
    """Check sums that are there already stay, so that they do not fit any more."""
    frame = bytes(Ether(src="02:42:c6:12:01:01", dst="02:42:c6:12:01:02") / IP(dst="198.18.1.2") / UDP() / Raw(payload))
    (changed,) = corrupted(vnet() + frame, random.Random(seed))
    assert changed[: VNET_HEADER + 14] == vnet() + frame[:14]
    assert bits_apart(changed[VNET_HEADER:], frame) == 1


@given(SEEDS, st.binary(min_size=1, max_size=200))
def test_a_check_sum_left_to_the_card_is_filled_in_first(seed: int, payload: bytes) -> None:
    """It differs in one bit from what Scapy makes of the same datagram."""
    packet = Ether(src="02:42:c6:12:01:01", dst="02:42:c6:12:01:02") / IP(src="198.18.1.1", dst="198.18.1.2")
    frame = bytes(packet / UDP(sport=1, dport=2) / Raw(payload))
    length = 8 + len(payload)
    pseudo = IP(frame[14:]).src, IP(frame[14:]).dst
    words = b"".join(bytes(map(int, each.split("."))) for each in pseudo) + struct.pack("!HH", 17, length)
    total = sum(struct.unpack("!6H", words))
    partial = (total & 0xFFFF) + (total >> 16)
    unfilled = frame[:40] + struct.pack("!H", partial) + frame[42:]
    (changed,) = corrupted(vnet(NEEDS_CHECKSUM, 0, 0, 34, 6) + unfilled, random.Random(seed))
    assert changed[:VNET_HEADER] == vnet(), "nothing is left to the card, or it would mend the check sum"
    assert bits_apart(changed[VNET_HEADER:], frame) == 1


@given(SEEDS, st.integers(1, 9000))
def test_a_stream_is_cut_and_one_of_its_segments_is_hit(seed: int, length: int) -> None:
    """The others arrive as Scapy would make them, in order and whole."""
    payload = random.Random(length).randbytes(length)
    base = Ether(src="02:42:c6:12:01:01", dst="02:42:c6:12:01:02") / IP(src="198.18.1.1", dst="198.18.1.2", id=7)
    whole = bytes(base / TCP(sport=1, dport=2, seq=100, ack=5, flags="A") / Raw(payload))
    frames = corrupted(vnet(NEEDS_CHECKSUM, TCP4, 1448, 34, 16) + whole, random.Random(seed))
    expected = [
        bytes(
            Ether(src="02:42:c6:12:01:01", dst="02:42:c6:12:01:02")
            / IP(src="198.18.1.1", dst="198.18.1.2", id=7 + number)
            / TCP(sport=1, dport=2, seq=100 + start, ack=5, flags="A")
            / Raw(payload[start : start + 1448])
        )
        for number, start in enumerate(range(0, length, 1448))
    ]
    assert [frame[:VNET_HEADER] for frame in frames] == [vnet()] * len(expected)
    apart = [bits_apart(frame[VNET_HEADER:], wanted) for frame, wanted in zip(frames, expected, strict=True)]
    assert sorted(apart) == [0] * (len(expected) - 1) + [1]


def test_a_batch_of_datagrams_goes_on_uncut() -> None:
    """What the card was asked to do for it stays asked for."""
    header = vnet(NEEDS_CHECKSUM, UDP_BATCH, 500, 34, 6)
    frame = bytes(Ether(src="02:42:c6:12:01:01", dst="02:42:c6:12:01:02") / IP() / UDP() / Raw(bytes(1500)))
    (changed,) = corrupted(header + frame, random.Random(1))
    assert changed[:VNET_HEADER] == header
    assert bits_apart(changed[VNET_HEADER:], frame) == 1
