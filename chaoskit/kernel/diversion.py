"""Frames on their way out of a device, taken to this process and sent on later.

    sender --> egress of eth0 --nft: mark, fwd to "lo"--> lo --> Diversion.taken
               eth0 <-- egress (the mark passes) <------------ Diversion.send

A frame that nftables forwards to the loopback device is addressed to no station there, so the network stack throws
it away (PACKET_OTHERHOST); a packet(7) socket sees it all the same. Its sender is told that it was sent, and no longer
accounts for it: a TCP sender does not take the frames held here for a full queue of its own (tcp_limit_output_bytes).
Frames keep what the kernel has put off until the card: check sums to fill in, and cutting (linux/virtio_net.h).
"""

from __future__ import annotations

import errno
import select
import socket
import struct
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from chaoskit.core.errors import LabError
from chaoskit.kernel.packets import SO_TIMESTAMPNS_NEW, SOL_PACKET, PacketSocket, enlarge, stamp

LOOPBACK = "lo"
VNET_HEADER = 10
"""Bytes of struct virtio_net_hdr before each frame, both ways."""

_PACKET_VNET_HDR, _PACKET_IGNORE_OUTGOING = 15, 23
_SO_MARK = 36
_TAKEN_BUFFER, _SENT_BUFFER = 64 << 20, 32 << 20
_LONGEST = 1 << 17
_ANCILLARY = 64
_DOWN = (errno.ENETDOWN, errno.ENXIO, errno.ENODEV)
_FULL = (errno.ENOBUFS,)


class DeviceGone(LabError):
    """The device that frames were on their way out of is not there any more."""


class Diversion:
    """Both ends of it, in the calling thread's network namespace.

    Args:
        device: from which the frames were on their way out.
        mark: what nftables marks those with that it forwards to the loopback device; sent on, they carry it again.

    Raises:
        LabError: there is no such device, or packets may not be taken or sent (CAP_NET_RAW, CAP_NET_ADMIN).
    """

    def __init__(self, device: str, mark: int) -> None:
        self._device = device
        vnet, incoming = (SOL_PACKET, _PACKET_VNET_HDR, 1), (SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
        stamps = (socket.SOL_SOCKET, SO_TIMESTAMPNS_NEW, 1)
        try:
            self._taking = PacketSocket(LOOPBACK, _marked(mark), vnet, incoming, stamps, buffer=_TAKEN_BUFFER)
        except OSError as error:
            raise LabError(f"frames of {device} cannot be taken: {error}") from error
        self._sending = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        try:
            self._sending.setsockopt(*vnet)
            self._sending.setsockopt(socket.SOL_SOCKET, _SO_MARK, struct.pack("=I", mark))
            enlarge(self._sending, socket.SO_SNDBUF, _SENT_BUFFER)
            self._sending.bind((device, 0))
        except OSError as error:
            self.close()
            raise LabError(f"frames cannot be sent on from {device}: {error}") from error

    def wait(self, ns: int | None) -> None:
        """Until a frame is there, or so many ns have passed."""
        select.select([self._taking.socket], [], [], None if ns is None else max(0, ns) / 1_000_000_000)

    def taken(self, at_most: int) -> Iterator[tuple[int, bytes]]:
        """The frames that are there by now, each behind its `VNET_HEADER`, with the time of CLOCK_MONOTONIC it came."""
        receive = self._taking.socket.recvmsg
        # The kernel stamps by the machine's clock. Read first: an interruption in between makes frames late, not early.
        clock, now = time.time_ns(), time.monotonic_ns()
        for _ in range(at_most):
            try:
                frame, ancillary, _, _ = receive(_LONGEST, _ANCILLARY)
            except BlockingIOError:
                return
            yield stamp(ancillary) - clock + now, frame

    def send(self, frame: bytes) -> bool:
        """Send one on; False where its link drops it: it is down, or its queue is full.

        Raises:
            DeviceGone: there is no such device any more.
            LabError: the frame is none, or what was sent on waits inside of this host.
        """
        try:
            self._sending.send(frame)
        except OSError as error:
            if error.errno in _DOWN and not self._is_there():
                raise DeviceGone(f"the device {self._device} is gone") from error
            if error.errno not in (*_DOWN, *_FULL):
                raise LabError(f"a frame cannot be sent on from {self._device}: {error}") from error
            return False
        return True

    def see_that_nothing_is_lost(self) -> None:
        """Look at the kernel's account of frames.

        Raises:
            DeviceGone: there is no such device any more.
            LabError: frames came faster than they were taken, and some found no room.
        """
        if lost := self._taking.lost():
            raise LabError(
                f"overflow: {lost:,} frames of {self._device} came faster than they were taken, and are lost"
            )
        if not self._is_there():
            raise DeviceGone(f"the device {self._device} is gone")

    def _is_there(self) -> bool:
        try:
            socket.if_nametoindex(self._device)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Close both sockets."""
        self._taking.close()
        self._sending.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _marked(mark: int) -> bytes:
    """A packet filter that keeps what has the mark: four struct sock_filter (linux/filter.h, SKF_AD_MARK)."""
    load, equal, give = 0x20, 0x15, 0x06
    mark_of_packet = (-0x1000 + 20) & 0xFFFFFFFF
    program = ((load, 0, 0, mark_of_packet), (equal, 0, 1, mark), (give, 0, 0, 0xFFFFFFFF), (give, 0, 0, 0))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
