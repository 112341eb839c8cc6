"""ARP frames by packet sockets, in the network namespace of the calling thread (RFC 826, RFC 5227, packet(7))."""

from __future__ import annotations

import socket
import struct
import time

_ETH_P_ARP = 0x0806
_REQUEST, _REPLY = 1, 2
_FRAME = struct.Struct("!6s6sHHHBBH6s4s6s4s")
"""Destination, source, type; hardware Ethernet, protocol IPv4, their lengths, operation; sender and target."""
_BROADCAST, _NOBODY = b"\xff" * 6, b"\0" * 6


def announce(device: str, address: str, *, times: int = 3) -> None:
    """Send gratuitous ARP: neighbours that know the address learn that it is at this interface's MAC.

    It is an ARP request with the address as both sender and target (ARP Announcement, RFC 5227, section 2.3).

    Raises:
        OSError: there is no such interface, it is down, or packet sockets are not allowed.
    """
    with _opened(device) as sending:
        own, raw = _mac(sending), socket.inet_aton(address)
        for _ in range(times):
            sending.send(_frame(own, raw, raw))


def who_has(device: str, address: str, *, within: float) -> tuple[str, ...]:
    """Ask a network who has an address; the MAC of everyone who answers in time, in the order of their answers.

    The question changes nobody's ARP table: it names no sender's address (ARP Probe, RFC 5227, section 2.1.1), so
    the owner learns nothing; and it comes from a MAC that is not the interface's, so the kernel here takes the
    answer for somebody else's and learns nothing either. A client that looks is not healed by looking.

    Args:
        device: the interface on that network.
        address: which.
        within: seconds to listen; always waited out, since a second owner may answer after the first.

    Raises:
        OSError: there is no such interface, it is down, or packet sockets are not allowed.
    """
    raw = socket.inet_aton(address)
    found: dict[str, None] = {}
    with _opened(device) as asking:
        guise = b"\x06" + _mac(asking)[1:]
        asking.send(_frame(guise, b"\0" * 4, raw))
        deadline = time.monotonic() + within
        while (left := deadline - time.monotonic()) > 0:
            asking.settimeout(left)
            try:
                frame = asking.recv(128)
            except TimeoutError:
                break
            answer = _FRAME.unpack_from(frame) if len(frame) >= _FRAME.size else None
            if answer and answer[0] == guise and answer[7] == _REPLY and answer[9] == raw:
                found[answer[8].hex(":")] = None
    return tuple(found)


def _opened(device: str) -> socket.socket:
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
    try:
        made.bind((device, _ETH_P_ARP))
    except OSError:
        made.close()
        raise
    return made


def _mac(bound: socket.socket) -> bytes:
    mac: bytes = bound.getsockname()[4]
    return mac


def _frame(source: bytes, sender: bytes, target: bytes) -> bytes:
    return _FRAME.pack(_BROADCAST, source, _ETH_P_ARP, 1, 0x0800, 6, 4, _REQUEST, source, sender, _NOBODY, target)
