"""Queueing disciplines, their classes and filters by rtnetlink(7): what tc(8) sets, without a process for it.

Requests are for `Netlink.do`. Handles are 32 bits, `major:minor` of 16 each; a discipline's minor is zero. One that
the kernel made by itself has the handle 0; whoever adds one gets, or gives, another (linux/pkt_sched.h).
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chaoskit.kernel.netlink import Netlink, Request, attribute, attributes

ROOT = 0xFFFFFFFF
"""TC_H_ROOT: the parent of the discipline that everything leaving a device goes through."""

_NEWQDISC, _DELQDISC, _GETQDISC = 36, 37, 38
_NEWTCLASS, _GETTCLASS, _NEWTFILTER, _GETTFILTER = 40, 42, 44, 46
_CREATE_EXCL = 0x600
_KIND, _OPTIONS, _STATS = 1, 2, 3
_MESSAGE = struct.Struct("=BxxxiIII")
"""struct tcmsg: family, interface, handle, parent, info."""
_STATISTICS = struct.Struct("=QIIIIIII")
"""struct tc_stats: bytes, packets, drops, overlimits, bps, pps, qlen, backlog."""
_ETH_P_IP = 0x0800
_U32_CLASSID, _U32_SEL = 1, 5
_SELECTOR = struct.Struct("=BBBxHHhhI")
"""struct tc_u32_sel without its keys: flags, offshift, nkeys, offmask, off, offoff, hoff, hmask."""
_KEY = struct.Struct("=4s4sii")
"""struct tc_u32_key: mask, value, offset, offmask."""
_TERMINAL = 1
_DESTINATION = 16
"""Where an IPv4 header has its destination (RFC 791)."""
_PRIORITY = 1


@dataclass(frozen=True)
class Qdisc:
    """A queueing discipline as the kernel lists it.

    Attributes:
        options: the attribute TCA_OPTIONS, whose layout depends on the kind.
        packets: sent on so far.
        dropped: packets it did not send on.
        waiting: packets in it now.
    """

    kind: str
    handle: int
    parent: int
    options: bytes
    packets: int
    dropped: int
    waiting: int

    @property
    def is_default(self) -> bool:
        """Whether the kernel made it by itself; such a one comes back when another is deleted."""
        return self.handle == 0

    @property
    def name(self) -> str:
        """As tc(8) shows it: `tbf c406:`."""
        return f"{self.kind} {self.handle >> 16:x}:"


def new_qdisc(index: int, kind: str, options: bytes, *, handle: int, parent: int = ROOT) -> Request:
    """Add a discipline; refused with EEXIST where somebody has put one in its place."""
    body = _MESSAGE.pack(0, index, handle, parent, 0) + _named(kind) + attribute(_OPTIONS, options)
    return _NEWQDISC, _CREATE_EXCL, body


def delete_qdisc(index: int, *, handle: int, parent: int = ROOT) -> Request:
    """Delete the discipline of that handle with all below it; refused where another one is in its place."""
    return _DELQDISC, 0, _MESSAGE.pack(0, index, handle, parent, 0)


def new_class(index: int, kind: str, options: bytes, *, classid: int, parent: int) -> Request:
    """Add a class to a discipline that has classes."""
    body = _MESSAGE.pack(0, index, classid, parent, 0) + _named(kind) + attribute(_OPTIONS, options)
    return _NEWTCLASS, _CREATE_EXCL, body


def to_address(index: int, address: str, *, parent: int, classid: int) -> Request:
    """Send what is addressed to an IPv4 address to a class: a filter of kind u32."""
    key = _KEY.pack(b"\xff" * 4, socket.inet_aton(address), _DESTINATION, 0)
    selector = _SELECTOR.pack(_TERMINAL, 0, 1, 0, 0, 0, 0, 0) + key
    options = attribute(_U32_CLASSID, struct.pack("=I", classid)) + attribute(_U32_SEL, selector)
    info = _PRIORITY << 16 | socket.htons(_ETH_P_IP)
    body = _MESSAGE.pack(0, index, 0, parent, info) + _named("u32") + attribute(_OPTIONS, options)
    return _NEWTFILTER, _CREATE_EXCL, body


def qdiscs(netlink: Netlink, index: int) -> tuple[Qdisc, ...]:
    """The disciplines of a device, the root among them; none where it has no queue at all.

    Raises:
        OSError: the kernel refuses to list them.
    """
    messages = netlink.dump(_GETQDISC, _MESSAGE.pack(0, index, 0, 0, 0))
    return tuple(found for device, found in map(_parsed, messages) if device == index)


def root_of(found: Sequence[Qdisc]) -> Qdisc | None:
    """The one that everything goes through; None where there is none."""
    return next((each for each in found if each.parent == ROOT), None)


def class_options(netlink: Netlink, index: int, classid: int) -> bytes | None:
    """The attribute TCA_OPTIONS of a class; None where there is no such class.

    Raises:
        OSError: the kernel refuses to list them.
    """
    for message in netlink.dump(_GETTCLASS, _MESSAGE.pack(0, index, 0, 0, 0)):
        if _MESSAGE.unpack_from(message)[2] == classid:
            return attributes(message, _MESSAGE.size).get(_OPTIONS, b"")
    return None


def filtered_addresses(netlink: Netlink, index: int, parent: int) -> frozenset[str]:
    """The addresses that filters of `to_address` name below a discipline.

    Raises:
        OSError: the kernel refuses to list them.
    """
    messages = netlink.dump(_GETTFILTER, _MESSAGE.pack(0, index, 0, parent, 0))
    return frozenset(address for message in messages for address in _destinations(message))


def _destinations(message: bytes) -> Iterator[str]:
    options = attributes(attributes(message, _MESSAGE.size).get(_OPTIONS, b""), 0)
    selector = options.get(_U32_SEL, b"")
    for start in range(_SELECTOR.size, len(selector), _KEY.size):
        mask, value, offset, _ = _KEY.unpack_from(selector, start)
        if mask == b"\xff" * 4 and offset == _DESTINATION:
            yield socket.inet_ntoa(value)


def _parsed(message: bytes) -> tuple[int, Qdisc]:
    _, index, handle, parent, _ = _MESSAGE.unpack_from(message)
    found: Mapping[int, bytes] = attributes(message, _MESSAGE.size)
    statistics = found.get(_STATS, b"").ljust(_STATISTICS.size, b"\0")
    _, packets, dropped, _, _, _, waiting, _ = _STATISTICS.unpack_from(statistics)
    kind = found[_KIND].rstrip(b"\0").decode()
    return index, Qdisc(kind, handle, parent, found.get(_OPTIONS, b""), packets, dropped, waiting)


def _named(kind: str) -> bytes:
    return attribute(_KIND, kind.encode() + b"\0")
