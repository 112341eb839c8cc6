"""Packets of an interface as the kernel sees them, by packet(7) sockets with a filter of the kernel's."""

from __future__ import annotations

import contextlib
import ctypes
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

SOL_PACKET = 263
"""The level of packet(7)'s socket options."""
_ETH_P_ALL = 3
"""Only a socket of every protocol sees what the host itself sends (packet(7))."""
SO_TIMESTAMPNS_NEW = 64
"""Asks for the time of each packet (socket(7)); `stamp` reads it."""
_SO_ATTACH_FILTER = 26
_BY_FORCE = {socket.SO_SNDBUF: 32, socket.SO_RCVBUF: 33}
"""SO_SNDBUFFORCE and SO_RCVBUFFORCE: past wmem_max and rmem_max, for CAP_NET_ADMIN of the machine (socket(7))."""
_PACKET_STATISTICS = 6
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


class PacketSocket:
    """A packet(7) socket at an interface of the calling thread's network, with a filter of the kernel's.

    It takes packets from its making on, also while nobody reads; what no longer fits its buffer is counted.

    Args:
        device: the interface's name.
        program: struct sock_filter instructions, as `chaoskit.kernel.bpf.compiled` gives them.
        options: level, name and value of what else is set before the first packet comes in.
        buffer: bytes that may wait to be read, as the kernel accounts them; less where this process may not.

    Raises:
        OSError: there is no such interface, or packets may not be seen (CAP_NET_RAW).
    """

    def __init__(self, device: str, program: bytes, *options: tuple[int, int, int], buffer: int) -> None:
        self._lost = 0
        # Protocol 0 takes nothing yet: no packet comes in before the filter is there (packet(7)).
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        try:
            _attach(self.socket, program)
            for option in options:
                self.socket.setsockopt(*option)
            enlarge(self.socket, socket.SO_RCVBUF, buffer)
            self.socket.bind((device, _ETH_P_ALL))
        except OSError:
            self.socket.close()
            raise

    def lost(self) -> int:
        """How many packets passed the filter and found no room, since the making."""
        # The kernel counts from the last time it was asked.
        raw = self.socket.getsockopt(SOL_PACKET, _PACKET_STATISTICS, 8)
        self._lost += struct.unpack("=II", raw)[1]
        return self._lost

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()


class Sniffer(PacketSocket):
    """Every packet that enters or leaves an interface and passes the filter, with its time; see `PacketSocket`."""

    def __init__(self, device: str, program: bytes) -> None:
        super().__init__(device, program, (socket.SOL_SOCKET, SO_TIMESTAMPNS_NEW, 1), buffer=_BUFFER)

    def packets(self, at_most: int) -> Iterator[Packet]:
        """What has come in by now, in order, so many at most.

        Raises:
            OSError: the interface has gone down since the last call (ENETDOWN); the next one reads on.
        """
        for _ in range(at_most):
            try:
                data, ancillary, _, _ = self.socket.recvmsg(_LARGEST, 64)
            except BlockingIOError:
                return
            yield Packet(stamp(ancillary), data)


def _attach(sock: socket.socket, program: bytes) -> None:
    """SO_ATTACH_FILTER takes struct sock_fprog: how many instructions, and where they are (socket(7))."""
    if not program:
        return
    instructions = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("HP", len(program) // _INSTRUCTION, ctypes.addressof(instructions))
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, described)


def enlarge(sock: socket.socket, which: int, size: int) -> None:
    """A larger buffer than the machine gives to everybody; without root as large as it gives.

    Args:
        sock: the socket.
        which: `socket.SO_SNDBUF` or `socket.SO_RCVBUF`.
        size: bytes, as the kernel accounts them.
    """
    with contextlib.suppress(PermissionError):
        sock.setsockopt(socket.SOL_SOCKET, _BY_FORCE[which], size)
        return
    sock.setsockopt(socket.SOL_SOCKET, which, size)


def stamp(ancillary: list[tuple[int, int, bytes]]) -> int:
    """When the kernel took a packet up: ns since the Unix epoch by the machine's clock, from what came beside it.

    Raises:
        OSError: there is no time, because nobody asked for it.
    """
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS_NEW):
            seconds, ns = _TIMESPEC.unpack(data[: _TIMESPEC.size])
            return int(seconds * 1_000_000_000 + ns)
    raise OSError("the kernel gave a packet without a timestamp")
