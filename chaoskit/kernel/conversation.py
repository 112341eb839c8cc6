"""What one side of a TCP connection has said, and which of it would fit into another connection."""

from __future__ import annotations

from dataclasses import dataclass, field

from chaoskit.core.units import NS
from chaoskit.kernel.segment import FIN, Segment, cut, distance

ISN_CLOCK = NS / 64
"""Numbers a second by which initial sequence numbers of one pair of ports advance: one every 64 ns (Linux,
net/core/secure_seq.c; RFC 6528 asks for a clock of RFC 9293's kind, whose example is one every 4 µs)."""


@dataclass
class Conversation:
    """What the sender has said in one connection, as far as late segments need it.

    Attributes:
        port: the receiver's port.
        isn: the sender's initial sequence number.
        irs: the receiver's.
        born_s: when the sender accepted it.
        said: bytes of payload sent.
        heard: bytes of payload acknowledged.
        held: its data segments, each with the size to which a card cuts it.
    """

    port: int
    isn: int
    irs: int
    born_s: float
    said: int = 0
    heard: int = 0
    ended: bool = False
    held: list[tuple[Segment, int]] = field(default_factory=list)

    def add(self, segment: Segment, size: int) -> None:
        """Take note of a segment."""
        self.heard = max(self.heard, distance(segment.ack, self.irs) - 1)
        if segment.length:
            self.held.append((segment, size))
            self.said = max(self.said, distance(segment.seq, self.isn) - 1 + segment.length)
        self.ended = self.ended or bool(segment.flags & FIN)

    def holding(self, place: int) -> Segment | None:
        """The segment that holds the payload's byte at a place; None when there is none."""
        for whole, size in self.held:
            start = distance(whole.seq, self.isn) - 1
            if start <= place < start + whole.length:
                return next(part for part in cut(whole, size) if place < distance(part.seq, self.isn) - 1 + part.length)
        return None


def awaited(old: Conversation, new: Conversation) -> Segment | None:
    """The old segment that the receiver of a new conversation waits for now, had the two the same ports.

    None before the receiver has said as much as the segment acknowledges: it would refuse it, for it has not sent
    that yet (RFC 5961, 5.2); or take it, acknowledge what the sender has not sent, and not be heard any more.
    """
    advance = distance(new.isn, old.isn) if new.port == old.port else round((new.born_s - old.born_s) * ISN_CLOCK)
    segment = old.holding(advance + new.said)
    return segment if segment and new.heard >= distance(segment.ack, old.irs) - 1 else None
