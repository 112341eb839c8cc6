"""IPv4 addresses and neighbours in the network namespace of the calling thread, by rtnetlink(7)."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from chaoskit.kernel.netlink import Netlink, address, attributes, no_address

_RTM_GETADDR, _RTM_GETNEIGH = 22, 30
_IFA_LOCAL = 2
_NDA_DST, _NDA_LLADDR = 1, 2
_ADDRESS = struct.Struct("=BBBBi")
_NEIGHBOUR = struct.Struct("=BBHiHBB")
_STATES = {
    0x01: "INCOMPLETE",
    0x02: "REACHABLE",
    0x04: "STALE",
    0x08: "DELAY",
    0x10: "PROBE",
    0x20: "FAILED",
    0x80: "PERMANENT",
}
"""NUD_ states by their bit (linux/neighbour.h); NOARP, which loopback and multicast have, is left out."""


@dataclass(frozen=True)
class Held:
    """An address that an interface has."""

    device: str
    prefix: int


@dataclass(frozen=True)
class Neighbour:
    """An entry of the ARP table.

    Attributes:
        mac: empty where none is known.
        state: `REACHABLE`, `STALE`, `DELAY`, `PROBE`, `FAILED`, `INCOMPLETE` or `PERMANENT` (ip-neighbour(8)).
    """

    address: str
    device: str
    mac: str
    state: str


def held(wanted: str) -> Held | None:
    """The interface that has an address now, up or not; None when none has."""
    raw = socket.inet_aton(wanted)
    with Netlink() as netlink:
        listed = netlink.dump(_RTM_GETADDR, _ADDRESS.pack(socket.AF_INET, 0, 0, 0, 0))
    for body in listed:
        _, prefix, _, _, index = _ADDRESS.unpack_from(body)
        if attributes(body, _ADDRESS.size).get(_IFA_LOCAL) == raw:
            return Held(socket.if_indextoname(index), prefix)
    return None


def take(device: str, wanted: str, prefix: int) -> None:
    """Give an interface an address; nothing changes when it has it.

    Raises:
        OSError: there is no such interface, or the kernel refuses.
    """
    with Netlink() as netlink:
        _unless(errno.EEXIST, netlink, address(netlink.index(device), wanted, prefix))


def release(device: str, wanted: str, prefix: int) -> None:
    """Take an address off an interface; nothing changes when it does not have it.

    Raises:
        OSError: there is no such interface, or the kernel refuses.
    """
    with Netlink() as netlink:
        _unless(errno.EADDRNOTAVAIL, netlink, no_address(netlink.index(device), wanted, prefix))


def neighbours() -> Iterator[Neighbour]:
    """The IPv4 neighbours of every interface."""
    with Netlink() as netlink:
        listed = netlink.dump(_RTM_GETNEIGH, _NEIGHBOUR.pack(socket.AF_INET, 0, 0, 0, 0, 0, 0))
    for body in listed:
        _, _, _, index, state, _, _ = _NEIGHBOUR.unpack_from(body)
        found = attributes(body, _NEIGHBOUR.size)
        if state in _STATES and _NDA_DST in found:
            mac = found.get(_NDA_LLADDR, b"").hex(":")
            yield Neighbour(socket.inet_ntoa(found[_NDA_DST]), socket.if_indextoname(index), mac, _STATES[state])


def _unless(code: int, netlink: Netlink, request: tuple[int, int, bytes]) -> None:
    """Carry a request out; a refusal with this code says that it is as wanted already."""
    try:
        netlink.do([request])
    except OSError as error:
        if error.errno != code:
            raise
