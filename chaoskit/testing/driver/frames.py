"""Ethernet frames as a host would not send them by itself, and a socket for them."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator

_ALL = 3
"""ETH_P_ALL: every frame, the sent ones too (packet(7))."""
_LARGEST = 2048


def on(device: str) -> socket.socket:
    """A socket that sends and hears whole frames of a device of the calling thread's network namespace.

    Raises:
        OSError: the kernel refuses.
    """
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL))
    raw.bind((device, 0))
    return raw


def waiting(heard: socket.socket) -> Iterator[bytes]:
    """The frames that a socket which does not block has for us."""
    with contextlib.suppress(BlockingIOError):
        while True:
            yield heard.recv(_LARGEST)


def udp(target_mac: str, source_mac: str, source: str, target: str, port: int, payload: bytes) -> bytes:
    """An Ethernet frame with a UDP datagram: RFC 768, where a checksum of 0 is none, and RFC 791."""
    datagram = struct.pack("!HHHH", port, port, 8 + len(payload), 0) + payload
    raw = map(socket.inet_aton, (source, target))
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(datagram), 1, 0, 64, 17, 0, *raw)
    head = head[:10] + struct.pack("!H", _checksum(head)) + head[12:]
    macs = bytes.fromhex((target_mac + source_mac).replace(":", ""))
    return macs + struct.pack("!H", 0x0800) + head + datagram


def _checksum(head: bytes) -> int:
    total = int(sum(struct.unpack(f"!{len(head) // 2}H", head)))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF
