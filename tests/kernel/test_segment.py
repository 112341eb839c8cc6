"""TCP segments as bytes: what a card would cut, checked by another implementation of the protocols."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import ARP, Ether

from chaoskit.kernel.segment import ACK, CWR, FIN, PSH, Segment, cut, distance, read


def frame(payload: bytes, *, flags: str = "PA", seq: int = 1_000, **fields: int) -> bytes:
    """A frame of scapy's making, with options in the TCP header."""
    tcp = TCP(sport=7000, dport=20_000, seq=seq, ack=77, flags=flags, options=[("MSS", 1460), ("NOP", None)])
    return bytes(Ether(src="02:42:c6:12:40:0a", dst="02:42:c6:12:40:14") / IP(ttl=63, **fields) / tcp / payload)


def segment(payload: bytes, **more: int | str) -> Segment:
    """A frame, read."""
    found = read(frame(payload, **more))  # type: ignore[arg-type]
    assert found is not None
    return found


def test_headers_are_read_as_they_were_made() -> None:
    """Ports, numbers, flags and payload, behind options of both headers' lengths."""
    one = segment(b"hello", seq=4_294_967_290)
    assert (one.target_port, one.seq, one.ack, one.flags) == (20_000, 4_294_967_290, 77, PSH | ACK)
    assert (one.payload, one.length, one.target_mac) == (b"hello", 5, "02:42:c6:12:40:14")


def test_padding_of_a_short_frame_is_no_payload() -> None:
    """Ethernet fills up to 60 bytes; the IP header's length counts."""
    short = frame(b"", flags="A")
    found = read(short + bytes(6))
    assert found is not None
    assert (found.length, found.packet) == (0, short[14:])


@pytest.mark.parametrize(
    "other", [bytes(Ether() / ARP()), b"", frame(b"x")[:50], bytes(Ether() / IP(proto=17) / (b"x" * 40))]
)
def test_what_is_no_whole_tcp_header_is_nothing(other: bytes) -> None:
    """ARP, UDP, and a frame that ends in its headers."""
    assert read(other) is None


@given(st.binary(min_size=1, max_size=6_000), st.integers(1, 1_460), st.integers(0, 2**32 - 1), st.integers(0, 65_535))
def test_what_is_cut_is_what_a_card_would_send(payload: bytes, size: int, seq: int, identification: int) -> None:
    """Together the pieces are the whole; each has its place, an identification of its own, and right checksums."""
    whole = segment(payload, seq=seq, id=identification, flags="FPAC")
    pieces = list(cut(whole, size))
    assert b"".join(piece.payload for piece in pieces) == payload
    assert all(0 < piece.length <= size for piece in pieces)
    place = 0
    for number, piece in enumerate(pieces):
        assert distance(piece.seq, seq) == place
        place += piece.length
        assert read(piece.frame) == piece
        (found,) = struct.unpack_from("!H", piece.frame, 18)
        assert found == (identification + number) % 65_536
        last, first = number == len(pieces) - 1, number == 0
        assert piece.flags == ACK | (FIN | PSH if last else 0) | (CWR if first else 0)
        assert with_checksums(piece.frame) == piece.frame
        assert piece.frame[:14] == whole.frame[:14]


def with_checksums(made: bytes) -> bytes:
    """The same frame with the checksums scapy computes."""
    parsed = Ether(made)
    del parsed[IP].chksum, parsed[TCP].chksum
    return bytes(parsed)


@pytest.mark.parametrize(("later", "earlier", "apart"), [(5, 3, 2), (1, 2**32 - 1, 2), (3, 5, 2**32 - 2)])
def test_sequence_numbers_go_round(later: int, earlier: int, apart: int) -> None:
    """Modulo 2^32."""
    assert distance(later, earlier) == apart
