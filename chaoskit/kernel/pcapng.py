"""Packets as a file that Wireshark, tshark and tcpdump open: pcapng (draft-ietf-opsawg-pcapng).

One section: a header, a description of each interface, then a block a packet. Times are UTC in ns.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_ORDER_MAGIC = 0x1A2B3C4D
_ETHERNET = 1
_END, _IF_NAME, _IF_DESCRIPTION, _IF_RESOLUTION, _IF_FILTER = 0, 2, 3, 9, 11
_APPLICATION = 4
"""shb_userappl."""
_NANOSECONDS = b"\x09"
"""if_tsresol: the power of ten by which a unit of a timestamp is smaller than a second."""
_FILTER_TEXT = b"\x00"
"""if_filter: what follows is an expression as libpcap reads it."""


@dataclass(frozen=True)
class Interface:
    """Where packets of a file were taken.

    Attributes:
        name: of the interface in its host.
        description: for people: host and network.
    """

    name: str
    description: str


def header(interfaces: Sequence[Interface], expression: str) -> bytes:
    """The beginning of a file; packets refer to the interfaces by their position."""
    body = struct.pack("<IHHq", _ORDER_MAGIC, 1, 0, -1) + _options((_APPLICATION, b"chaoskit"))
    return _block(_SECTION, body) + b"".join(_described(one, expression) for one in interfaces)


def write_packet(file: BinaryIO, interface: int, utc: int, data: bytes) -> int:
    """Append a packet; the number of bytes it takes.

    Raises:
        OSError: the disk would not take it.
    """
    fixed = struct.pack("<IIIII", interface, utc >> 32, utc & 0xFFFFFFFF, len(data), len(data))
    return file.write(_block(_PACKET, fixed + _padded(data)))


def _described(interface: Interface, expression: str) -> bytes:
    options = [
        (_IF_NAME, interface.name.encode()),
        (_IF_DESCRIPTION, interface.description.encode()),
        (_IF_RESOLUTION, _NANOSECONDS),
    ]
    if expression:
        options.append((_IF_FILTER, _FILTER_TEXT + expression.encode()))
    return _block(_INTERFACE, struct.pack("<HHI", _ETHERNET, 0, 0) + _options(*options))


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length


def _options(*options: tuple[int, bytes]) -> bytes:
    listed = [struct.pack("<HH", kind, len(value)) + _padded(value) for kind, value in (*options, (_END, b""))]
    return b"".join(listed)


def _padded(value: bytes) -> bytes:
    return value + b"\0" * (-len(value) % 4)
