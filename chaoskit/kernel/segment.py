"""TCP segments as they stand in an Ethernet frame: reading their headers, and cutting what a network card would cut.

Layouts: RFC 791 (IPv4), RFC 9293 (TCP). A kernel hands a card up to 64 KiB at once and lets it cut them to the
connection's segment size; a tap sees them uncut, so `cut` does here what the card would do.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

FIN, SYN, RST, PSH, ACK, CWR = 0x01, 0x02, 0x04, 0x08, 0x10, 0x80

_ETHERNET = 14
_IPV4 = 0x0800
_TCP = 6
_NUMBERS = 1 << 32


def distance(later: int, earlier: int) -> int:
    """How far one sequence number lies after another, modulo 2^32 (RFC 9293, 3.4)."""
    return (later - earlier) % _NUMBERS


@dataclass(frozen=True)
class Segment:
    """One TCP segment.

    Attributes:
        frame: the whole frame, from its Ethernet header on.
        tcp: where its TCP header begins.
        data: where its payload begins.
        end: where its payload ends; padding may follow.
    """

    frame: bytes
    tcp: int
    data: int
    end: int
    target_port: int
    seq: int
    ack: int
    flags: int

    @property
    def length(self) -> int:
        """Bytes of payload."""
        return self.end - self.data

    @property
    def payload(self) -> bytes:
        """What it carries."""
        return self.frame[self.data : self.end]

    @property
    def target_mac(self) -> str:
        """To which station of the link it was sent: `02:42:c6:12:40:14`."""
        return self.frame[:6].hex(":")

    @property
    def packet(self) -> bytes:
        """The IP packet, without what a link adds before and behind it."""
        return self.frame[_ETHERNET : self.end]


def read(frame: bytes) -> Segment | None:
    """The TCP segment of a frame; None when it holds none, or not all of its headers."""
    if len(frame) < _ETHERNET + 40 or struct.unpack_from("!H", frame, 12)[0] != _IPV4 or frame[23] != _TCP:
        return None
    tcp = _ETHERNET + (frame[_ETHERNET] & 0x0F) * 4
    if len(frame) < tcp + 20:
        return None
    end = min(_ETHERNET + int(struct.unpack_from("!H", frame, 16)[0]), len(frame))
    _, target, seq, ack, offset, flags = struct.unpack_from("!HHIIBB", frame, tcp)
    return Segment(frame, tcp, tcp + (offset >> 4) * 4, end, target, seq, ack, flags)


def cut(whole: Segment, size: int) -> Iterator[Segment]:
    """The segments of at most `size` bytes that a card makes of one, with the checksums it fills in.

    Sequence numbers and IP identifications count up; FIN and PSH stay with the last, CWR with the first.
    """
    pieces = range(0, max(whole.length, 1), size)
    for number, start in enumerate(pieces):
        flags = whole.flags
        flags &= ~(FIN | PSH) if start + size < whole.length else 0xFF
        flags &= ~CWR if number else 0xFF
        yield _piece(whole, number, whole.payload[start : start + size], (whole.seq + start) % _NUMBERS, flags)


def _piece(whole: Segment, number: int, payload: bytes, seq: int, flags: int) -> Segment:
    ip = bytearray(whole.frame[_ETHERNET : whole.tcp])
    (identification,) = struct.unpack_from("!H", ip, 4)
    struct.pack_into("!H", ip, 2, len(ip) + whole.data - whole.tcp + len(payload))
    struct.pack_into("!H", ip, 4, (identification + number) % 65536)
    struct.pack_into("!H", ip, 10, 0)
    struct.pack_into("!H", ip, 10, checksum(bytes(ip)))
    tcp = bytearray(whole.frame[whole.tcp : whole.data])
    struct.pack_into("!I", tcp, 4, seq)
    tcp[13] = flags
    struct.pack_into("!H", tcp, 16, 0)
    pseudo = bytes(ip[12:20]) + struct.pack("!HH", _TCP, len(tcp) + len(payload))
    struct.pack_into("!H", tcp, 16, checksum(pseudo + bytes(tcp) + payload))
    frame = whole.frame[:_ETHERNET] + bytes(ip) + bytes(tcp) + payload
    return Segment(frame, whole.tcp, whole.data, len(frame), whole.target_port, seq, whole.ack, flags)


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071): the complement of the one's complement sum of 16-bit words."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
