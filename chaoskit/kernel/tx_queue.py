"""How many packets a device's queue may hold, where a queueing discipline asks the device (netdevice(7)).

A device without a queue, such as a veth, has the length 0. The kernel gives it 1000 as soon as somebody adds a
discipline (`qdisc_create` in net/sched/sch_api.c), and leaves that when the discipline is deleted.
"""

from __future__ import annotations

import fcntl
import socket
import struct

_SIOCGIFTXQLEN, _SIOCSIFTXQLEN = 0x8942, 0x8943
_REQUEST = struct.Struct("16si20x")
"""struct ifreq: the device's name, ifr_qlen."""


def tx_queue(device: str) -> int:
    """The length of a device of the caller's network, in packets.

    Raises:
        OSError: there is no such device.
    """
    _, length = _REQUEST.unpack(_ask(_SIOCGIFTXQLEN, device, 0))
    return int(length)


def set_tx_queue(device: str, length: int) -> None:
    """Set it.

    Raises:
        OSError: there is no such device, or the caller may not.
    """
    _ask(_SIOCSIFTXQLEN, device, length)


def _ask(request: int, device: str, length: int) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as any_socket:
        return fcntl.ioctl(any_socket, request, _REQUEST.pack(device.encode(), length))
