"""What a process does to the frames that are diverted to it: hold them for a while, or turn a bit over."""

from __future__ import annotations

import heapq
import random
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from chaoskit.core.errors import StepError
from chaoskit.kernel.diversion import VNET_HEADER
from chaoskit.kernel.segment import checksum, cut, read

MOST_BYTES = 256 << 20
"""So many bytes are held at most: a second at 2 Gbit/s."""

_ETHERNET = 14
_NEEDS_CHECKSUM = 1
_WHOLE, _TCP4 = 0, 1
_MORE_CONGESTION = 0x80
_HEADER = struct.Struct("=BBHHHH")
"""struct virtio_net_hdr: flags, gso_type, hdr_len, gso_size, csum_start, csum_offset (linux/virtio_net.h)."""
_NOTHING_LEFT_TO_DO = bytes(VNET_HEADER)


@dataclass
class Holding:
    """Frames that wait, each for `delay` ± `jitter` ns, evenly spread.

    Each frame's wait is its own, so with jitter one may overtake another, as with netem.

    Attributes:
        size: bytes that wait.
        released: frames whose time has come.
        late: ns between their time and the moment they were asked for, all together.
    """

    delay: int
    jitter: int
    rng: random.Random
    size: int = 0
    released: int = 0
    late: int = 0
    _waiting: list[tuple[int, int, bytes]] = field(default_factory=list)
    _count: int = 0

    def put(self, frame: bytes, came: int) -> None:
        """Hold a frame that came at this moment.

        Raises:
            StepError: there are too many already.
        """
        self.size += len(frame)
        if self.size > MOST_BYTES:
            raise StepError(f"overflow: {len(self._waiting):,} frames wait, more than {MOST_BYTES >> 20} MiB")
        self._count += 1  # of two that are due at once the first goes first
        heapq.heappush(self._waiting, (came + self._wait(), self._count, frame))

    def _wait(self) -> int:
        return max(0, self.delay + (self.rng.randint(-self.jitter, self.jitter) if self.jitter else 0))

    def due(self, now: int) -> Iterator[bytes]:
        """The frames whose time has come; they are not held any more."""
        while self._waiting and self._waiting[0][0] <= now:
            due, _, frame = heapq.heappop(self._waiting)
            self.size -= len(frame)
            self.released += 1
            self.late += now - due
            yield frame

    @property
    def least(self) -> int:
        """The ns that each frame waits at least."""
        return self.delay - self.jitter

    def rest(self) -> Iterator[bytes]:
        """All that wait, in the order of their times."""
        return (frame for _, _, frame in sorted(self._waiting))

    @property
    def next(self) -> int | None:
        """When the next one is due; None while none waits."""
        return self._waiting[0][0] if self._waiting else None


def holding(amounts: Mapping[str, int]) -> Holding:
    """How frames are held for a delay or for a reordering; those that get a bit turned over do not wait."""
    rng = random.Random(amounts.get("seed", 0))
    return Holding(amounts.get("delay", 0), amounts.get("jitter", 0), rng)


def corrupted(taken: bytes, rng: random.Random) -> Sequence[bytes]:
    """A frame, cut as a card would cut it, with its check sums as sent, and then one bit of it turned over.

    The bit is any of the IP packet's, headers included. One of several segments has it. A batch of UDP datagrams
    (UDP_SEGMENT of udp(7)) goes uncut, and keeps its check sums for whoever cuts it: the bit will not be noticed.
    """
    flags, kind, _, size, start, offset = _HEADER.unpack_from(taken)
    frame = taken[VNET_HEADER:]
    whole = read(frame) if kind & ~_MORE_CONGESTION == _TCP4 else None
    if whole is not None:
        frames = [segment.frame for segment in cut(whole, size)]
    elif kind == _WHOLE and flags & _NEEDS_CHECKSUM:
        frames = [_summed(frame, start, offset)]
    else:
        return [taken[:VNET_HEADER] + _bit_over(frame, rng)]
    chosen = rng.randrange(len(frames))
    return [
        _NOTHING_LEFT_TO_DO + (_bit_over(each, rng) if number == chosen else each) for number, each in enumerate(frames)
    ]


def _summed(frame: bytes, start: int, offset: int) -> bytes:
    """With the check sum that was left to the card: over what follows `start`, which holds the pseudo header's sum."""
    total = checksum(frame[start:]) or 0xFFFF  # zero would mean that there is none (RFC 768)
    place = start + offset
    return frame[:place] + struct.pack("!H", total) + frame[place + 2 :]


def _bit_over(frame: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(_ETHERNET, max(len(frame), _ETHERNET + 1))
    return frame[:place] + bytes([frame[place] ^ 1 << rng.randrange(8)]) + frame[place + 1 :]
