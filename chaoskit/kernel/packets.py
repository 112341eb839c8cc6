"""Packets of an interface as the kernel sees them, by packet(7) sockets with a filter of the kernel's."""

from __future__ import annotations

import contextlib
import ctypes
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_ETH_P_ALL = 3
_SO_ATTACH_FILTER, _SO_RCVBUFFORCE, _SO_TIMESTAMPNS_NEW = 26, 33, 64
_SOL_PACKET, _PACKET_STATISTICS = 263, 6
_BUFFER = 16 << 20
"""Bytes that wait to be read, as the kernel accounts them: some 10,000 small packets."""
_LARGEST = 1 << 18
_TIMESPEC = struct.Struct("=qq")
_INSTRUCTION = 8


@dataclass(frozen=True)
class Packet:
    """One packet.

    Attributes:
        utc: ns since the Unix epoch when the kernel took it up, by the machine's clock (CLOCK_REALTIME).
        data: the frame from its Ethernet header on.
    """

    utc: int
    data: bytes


class Sniffer:
    """Every packet that enters or leaves an interface of the calling thread's network and passes the filter.

    It takes packets from its making on, also while nobody reads; what no longer fits its buffer is counted.

    Args:
        device: the interface's name.
        program: struct sock_filter instructions, as `chaoskit.kernel.bpf.compiled` gives them.

    Raises:
        OSError: there is no such interface, or packets may not be seen (CAP_NET_RAW).
    """

    def __init__(self, device: str, program: bytes) -> None:
        self._lost = 0
        # Protocol 0 takes nothing yet: no packet comes in before the filter is there (packet(7)).
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        try:
            _attach(self._socket, program)
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS_NEW, 1)
            _enlarge(self._socket)
            self._socket.bind((device, _ETH_P_ALL))
        except OSError:
            self._socket.close()
            raise

    def packets(self, at_most: int) -> Iterator[Packet]:
        """What has come in by now, in order, so many at most.

        Raises:
            OSError: the interface has gone down since the last call (ENETDOWN); the next one reads on.
        """
        for _ in range(at_most):
            try:
                data, ancillary, _, _ = self._socket.recvmsg(_LARGEST, 64)
            except BlockingIOError:
                return
            yield Packet(_stamp(ancillary), data)

    def lost(self) -> int:
        """How many packets passed the filter and found no room, since the making."""
        # The kernel counts from the last time it was asked.
        raw = self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
        self._lost += struct.unpack("=II", raw)[1]
        return self._lost

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def _attach(sock: socket.socket, program: bytes) -> None:
    """SO_ATTACH_FILTER takes struct sock_fprog: how many instructions, and where they are (socket(7))."""
    if not program:
        return
    instructions = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("HP", len(program) // _INSTRUCTION, ctypes.addressof(instructions))
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, described)


def _enlarge(sock: socket.socket) -> None:
    """A larger buffer than the machine gives to everybody; without root as large as it gives."""
    with contextlib.suppress(PermissionError):
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)


def _stamp(ancillary: list[tuple[int, int, bytes]]) -> int:
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS_NEW):
            seconds, ns = _TIMESPEC.unpack(data[: _TIMESPEC.size])
            return int(seconds * 1_000_000_000 + ns)
    raise OSError("the kernel gave a packet without a timestamp")
