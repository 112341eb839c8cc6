"""A tap on a host's interface: it hears what one host's TCP port says to another."""

from __future__ import annotations

import select
import struct
from types import TracebackType
from typing import Self

from chaoskit.kernel.bpf import compiled
from chaoskit.kernel.packets import SOL_PACKET, PacketSocket
from chaoskit.kernel.segment import Segment, read

_PACKET_VNET_HDR = 15
_VNET_HEADER = struct.Struct("=BBHHHH")
"""struct virtio_net_hdr: flags, gso_type, hdr_len, gso_size, csum_start, csum_offset (linux/virtio_net.h)."""

_BUFFER = 64 << 20
"""Bytes that wait while nobody reads: a tap must not miss anything."""
_LONGEST = 1 << 17


class Tap(PacketSocket):
    """An open tap. It must be opened in a thread inside the host's network, by who has CAP_NET_RAW there."""

    def __init__(self, device: str, source: str, target: str, port: int) -> None:
        """Listen on a device to TCP from `source`, `port` to `target`; the kernel drops everything else.

        Raises:
            OSError: there is no such device, or this process may not listen.
            MissingTool: this machine has no libpcap.
        """
        program = compiled(f"tcp and src host {source} and dst host {target} and src port {port}")
        super().__init__(device, program, (SOL_PACKET, _PACKET_VNET_HDR, 1), buffer=_BUFFER)

    def hear(self, timeout_s: float) -> tuple[Segment, int] | None:
        """The next segment and the size to which a card would cut it; None when nothing comes in time."""
        if not select.select([self.socket], [], [], timeout_s)[0]:
            return None
        taken = self.socket.recv(_LONGEST)
        segment = read(taken[_VNET_HEADER.size :])
        assert segment is not None, "the filter lets TCP through alone"
        return segment, _VNET_HEADER.unpack_from(taken)[3] or max(segment.length, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
