"""A tap on a host's interface: it hears what one host's TCP port says to another."""

from __future__ import annotations

import ctypes
import ipaddress
import select
import socket
import struct
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from chaoskit.kernel.segment import Segment, read

_SO_ATTACH_FILTER = 26
_SO_RCVBUFFORCE = 33
_SOL_PACKET = 263
_PACKET_VNET_HDR = 15
_ETH_P_ALL = 3
"""Only a tap of every protocol hears what the host itself sends (packet(7))."""

_VNET_HEADER = struct.Struct("=BBHHHH")
"""struct virtio_net_hdr: flags, gso_type, hdr_len, gso_size, csum_start, csum_offset (linux/virtio_net.h)."""

_BUFFER = 64 << 20
_LONGEST = 1 << 17

# Classic BPF: the codes of its instructions (linux/filter.h).
_LOAD_WORD, _LOAD_HALF, _LOAD_BYTE = 0x20, 0x28, 0x30
_LOAD_HEADER_LENGTH, _LOAD_HALF_BEYOND = 0xB1, 0x48
_IF_EQUAL, _RETURN = 0x15, 0x06


class Tap:
    """An open tap. It must be opened in a thread inside the host's network, by who has CAP_NET_RAW there."""

    def __init__(self, device: str, source: str, target: str, port: int) -> None:
        """Listen on a device to TCP from `source`, `port` to `target`.

        Raises:
            OSError: there is no such device, or this process may not listen.
        """
        with ExitStack() as until_bound:
            # Without a protocol it hears nothing yet: the filter is there before the first packet is.
            self._socket = until_bound.enter_context(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))
            self._socket.setsockopt(_SOL_PACKET, _PACKET_VNET_HDR, 1)
            _widen(self._socket)
            _attach(self._socket, source, target, port)
            self._socket.bind((device, _ETH_P_ALL))
            until_bound.pop_all()

    def hear(self, timeout_s: float) -> tuple[Segment, int] | None:
        """The next segment and the size to which a card would cut it; None when nothing comes in time."""
        if not select.select([self._socket], [], [], timeout_s)[0]:
            return None
        taken = self._socket.recv(_LONGEST)
        segment = read(taken[_VNET_HEADER.size :])
        assert segment is not None, "the filter lets TCP through alone"
        return segment, _VNET_HEADER.unpack_from(taken)[3] or max(segment.length, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._socket.close()


def _widen(tap: socket.socket) -> None:
    """Make room for what comes while nobody reads; without the machine's root as much as net.core.rmem_max allows."""
    try:
        tap.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
    except PermissionError:
        tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)


def _attach(tap: socket.socket, source: str, target: str, port: int) -> None:
    """Have the kernel drop everything else: a tap that must not miss anything cannot afford to read the rest."""
    program = _program(source, target, port)
    memory = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    tap.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HL", len(program), ctypes.addressof(memory)))


def _program(source: str, target: str, port: int) -> list[tuple[int, int, int, int]]:
    """Instructions: code, how many to skip if true, if false, operand. What differs anywhere goes to the last one."""
    header = (_LOAD_HEADER_LENGTH, 14)
    wanted = [
        ([(_LOAD_HALF, 12)], 0x0800),
        ([(_LOAD_BYTE, 23)], socket.IPPROTO_TCP),
        ([(_LOAD_WORD, 26)], int(ipaddress.IPv4Address(source))),
        ([(_LOAD_WORD, 30)], int(ipaddress.IPv4Address(target))),
        ([header, (_LOAD_HALF_BEYOND, 14)], port),
    ]
    lines = [line for loads, value in wanted for line in (*loads, (_IF_EQUAL, value))]
    accept, refuse = (_RETURN, _LONGEST), (_RETURN, 0)
    last = len(lines) + 1
    return [
        (code, 0, last - number - 1 if code == _IF_EQUAL else 0, operand)
        for number, (code, operand) in enumerate([*lines, accept, refuse])
    ]
