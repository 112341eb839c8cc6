"""Links, addresses and routes by rtnetlink(7), without a process or a thread for any of them.

A request is built by a function and sent by `Netlink.do`, any number of them in one system call:

    with Netlink() as netlink:
        netlink.do([bridge("eu", "02:00:00:00:00:01"), set_up(index)])

The socket belongs to the network namespace the calling thread was in when it was made, wherever
the thread goes afterwards.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import sys
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType

_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_RTM_NEWLINK, _RTM_DELLINK, _RTM_NEWADDR, _RTM_DELADDR, _RTM_NEWROUTE = 16, 17, 20, 21, 24
_RTM_GETLINK = 18
_F_REQUEST, _F_ACK, _F_DUMP, _F_EXCL, _F_CREATE = 0x1, 0x4, 0x300, 0x200, 0x400
_F_DUMP_INTR = 0x10
_IFF_UP = 1
_IFLA_ADDRESS, _IFLA_IFNAME, _IFLA_LINK, _IFLA_MASTER, _IFLA_LINKINFO, _IFLA_IFALIAS = 1, 3, 5, 10, 18, 20
_IFLA_GROUP, _IFLA_NET_NS_FD = 27, 28
_IFLA_INFO_KIND, _IFLA_INFO_DATA, _VETH_INFO_PEER = 1, 2, 1
_IFLA_BR_STP_STATE, _IFLA_BR_MCAST_SNOOPING = 5, 23
_IFA_ADDRESS, _IFA_LOCAL, _IFA_BROADCAST = 1, 2, 4
_RTA_OIF, _RTA_GATEWAY = 4, 5
_RT_TABLE_MAIN, _RTPROT_STATIC, _RTN_UNICAST = 254, 4, 1

_HEADER = struct.Struct("=IHHII")
_LINK = struct.Struct("=BBHiII")
_BATCH = 64
"""Requests a system call: their acknowledgements must fit the socket's receive buffer."""

Request = tuple[int, int, bytes]
"""Message type, flags beyond REQUEST and ACK, body."""


def attribute(kind: int, value: bytes) -> bytes:
    """An attribute as netlink(7) has it: length, kind and value, padded to four bytes."""
    length = 4 + len(value)
    return struct.pack("=HH", length, kind) + value + b"\0" * (-length % 4)


def _text(kind: int, value: str) -> bytes:
    return attribute(kind, value.encode() + b"\0")


def _number(kind: int, value: int) -> bytes:
    return attribute(kind, struct.pack("=I", value))


def _mac(value: str) -> bytes:
    return bytes.fromhex(value.replace(":", ""))


def bridge(name: str, mac: str) -> Request:
    """Make a bridge that is up, without spanning tree and with multicast flooded to every port."""
    data = _number(_IFLA_BR_STP_STATE, 0) + attribute(_IFLA_BR_MCAST_SNOOPING, b"\0")
    info = _text(_IFLA_INFO_KIND, "bridge") + attribute(_IFLA_INFO_DATA, data)
    body = _LINK.pack(0, 0, 0, 0, _IFF_UP, _IFF_UP) + _text(_IFLA_IFNAME, name) + attribute(_IFLA_ADDRESS, _mac(mac))
    return _RTM_NEWLINK, _F_CREATE | _F_EXCL, body + attribute(_IFLA_LINKINFO, info)


def veth(name: str, master: int, peer: str, peer_namespace: int, peer_mac: str) -> Request:
    """Make a pair: one end up on a bridge, the other (down) in the namespace of an open file, with a fixed MAC."""
    other = _LINK.pack(0, 0, 0, 0, 0, 0) + _text(_IFLA_IFNAME, peer)
    other += _number(_IFLA_NET_NS_FD, peer_namespace) + attribute(_IFLA_ADDRESS, _mac(peer_mac))
    data = attribute(_IFLA_INFO_DATA, attribute(_VETH_INFO_PEER, other))
    info = attribute(_IFLA_LINKINFO, _text(_IFLA_INFO_KIND, "veth") + data)
    body = _LINK.pack(0, 0, 0, 0, _IFF_UP, _IFF_UP) + _text(_IFLA_IFNAME, name) + _number(_IFLA_MASTER, master)
    return _RTM_NEWLINK, _F_CREATE | _F_EXCL, body + info


def set_up(index: int, *, up: bool = True) -> Request:
    """Set a link administratively up or down."""
    return _RTM_NEWLINK, 0, _LINK.pack(0, 0, 0, index, _IFF_UP if up else 0, _IFF_UP)


def rename(index: int, name: str) -> Request:
    """Give a link another name; before Linux 6.2 it has to be down."""
    return _RTM_NEWLINK, 0, _LINK.pack(0, 0, 0, index, 0, 0) + _text(_IFLA_IFNAME, name)


def alias(index: int, text: str) -> Request:
    """Give a link an alias; the kernel ignores one in the request that makes the link."""
    return _RTM_NEWLINK, 0, _LINK.pack(0, 0, 0, index, 0, 0) + _text(_IFLA_IFALIAS, text)


def group(index: int, number: int) -> Request:
    """Put a link in a group (ip-link(8)), by which rules of a firewall know it."""
    return _RTM_NEWLINK, 0, _LINK.pack(0, 0, 0, index, 0, 0) + _number(_IFLA_GROUP, number)


def delete(index: int) -> Request:
    """Delete a link; of a veth pair both ends go."""
    return _RTM_DELLINK, 0, _LINK.pack(0, 0, 0, index, 0, 0)


def address(index: int, local: str, prefix: int) -> Request:
    """Add an IPv4 address with its subnet's broadcast address."""
    raw = socket.inet_aton(local)
    host_bits = (1 << (32 - prefix)) - 1
    broadcast = struct.pack(">I", struct.unpack(">I", raw)[0] | host_bits)
    body = struct.pack("=BBBBi", socket.AF_INET, prefix, 0, 0, index)
    body += attribute(_IFA_LOCAL, raw) + attribute(_IFA_ADDRESS, raw)
    return _RTM_NEWADDR, _F_CREATE | _F_EXCL, body + (attribute(_IFA_BROADCAST, broadcast) if prefix < 31 else b"")


def no_address(index: int, local: str, prefix: int) -> Request:
    """Remove an IPv4 address; another of the same number with a longer or shorter prefix stays."""
    raw = socket.inet_aton(local)
    body = struct.pack("=BBBBi", socket.AF_INET, prefix, 0, 0, index)
    return _RTM_DELADDR, 0, body + attribute(_IFA_LOCAL, raw) + attribute(_IFA_ADDRESS, raw)


def default_route(gateway: str, index: int) -> Request:
    """Send what no other route matches to a gateway."""
    body = struct.pack("=BBBBBBBBI", socket.AF_INET, 0, 0, 0, _RT_TABLE_MAIN, _RTPROT_STATIC, 0, _RTN_UNICAST, 0)
    return (
        _RTM_NEWROUTE,
        _F_CREATE | _F_EXCL,
        body + attribute(_RTA_GATEWAY, socket.inet_aton(gateway)) + _number(_RTA_OIF, index),
    )


def get_link(name: str) -> Request:
    """Ask for a link by name; `Netlink.index` reads the answer."""
    return _RTM_GETLINK, 0, _LINK.pack(0, 0, 0, 0, 0, 0) + _text(_IFLA_IFNAME, name)


def peer(body: bytes) -> int:
    """The index that the other end of a veth has where it is, of an answer to `get_link`; 0 for what is no pair."""
    linked = attributes(body, _LINK.size).get(_IFLA_LINK)
    return int.from_bytes(linked, sys.byteorder) if linked else 0


def is_up(body: bytes) -> bool:
    """Whether the link of an answer to `get_link` is administratively up."""
    return bool(_LINK.unpack_from(body)[4] & _IFF_UP)


def attributes(body: bytes, fixed: int) -> dict[int, bytes]:
    """The attributes of a message by kind, behind a fixed part of so many bytes (a multiple of four)."""
    found: dict[int, bytes] = {}
    while fixed + 4 <= len(body):
        length, kind = struct.unpack_from("=HH", body, fixed)
        found[kind] = body[fixed + 4 : fixed + length]
        fixed += (max(length, 4) + 3) & ~3
    return found


class Netlink:
    """A netlink socket in the network namespace the calling thread is in: rtnetlink's, or another protocol's."""

    def __init__(self, protocol: int = 0) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        self._socket.bind((0, 0))
        self._sequence = 0

    def do(self, requests: Sequence[Request]) -> None:
        """Carry out requests in order.

        Raises:
            OSError: the kernel refused one (those after it in the same batch were tried as well).
        """
        for start in range(0, len(requests), _BATCH):
            batch = requests[start : start + _BATCH]
            self._send(batch)
            self._acknowledged(len(batch))

    def index(self, name: str) -> int:
        """The index of a link.

        Raises:
            OSError: there is none of that name (ENODEV).
        """
        self._send([get_link(name)])
        found = 0
        for kind, body in self._messages(1):
            if kind == _RTM_NEWLINK:
                found = _LINK.unpack_from(body)[3]
        return found

    def answer(self, request: Request) -> bytes:
        """The body of the message that answers a request for one thing.

        Raises:
            OSError: the kernel refused it: there is no such thing.
        """
        self._send([request])
        *_, (_, body) = self._messages(1)
        return body

    def dump(self, kind: int, body: bytes) -> list[bytes]:
        """The bodies of all messages that answer a request for a whole table, such as `RTM_GET...`.

        Raises:
            OSError: the kernel refused it, or the table changed so much that its answer has gaps (EINTR).
        """
        self._sequence += 1
        size = _HEADER.size + len(body)
        self._socket.send(_HEADER.pack(size, kind, _F_REQUEST | _F_DUMP, self._sequence, 0) + body)
        return list(self._dumped())

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def __enter__(self) -> Netlink:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def _send(self, requests: Iterable[Request]) -> None:
        raw = bytearray()
        for kind, flags, body in requests:
            self._sequence += 1
            raw += _HEADER.pack(_HEADER.size + len(body), kind, _F_REQUEST | _F_ACK | flags, self._sequence, 0) + body
        self._socket.send(raw)

    def _acknowledged(self, count: int) -> None:
        for _ in self._messages(count):
            pass

    def _messages(self, acknowledgements: int) -> Iterable[tuple[int, bytes]]:
        """Answers until so many acknowledgements came; the first refusal is raised when all are in."""
        refused = 0
        while acknowledgements:
            data = self._socket.recv(1 << 16)
            offset = 0
            while offset < len(data):
                length, kind, _, _, _ = _HEADER.unpack_from(data, offset)
                if kind == _NLMSG_ERROR:
                    acknowledgements -= 1
                    refused = refused or -struct.unpack_from("=i", data, offset + _HEADER.size)[0]
                else:
                    yield kind, data[offset + _HEADER.size : offset + length]
                offset += (length + 3) & ~3
        if refused:
            raise OSError(refused, f"rtnetlink: {os.strerror(refused)}")

    def _dumped(self) -> Iterator[bytes]:
        interrupted = False
        while True:
            data = self._socket.recv(1 << 16)
            offset = 0
            while offset < len(data):
                length, kind, flags, _, _ = _HEADER.unpack_from(data, offset)
                interrupted |= bool(flags & _F_DUMP_INTR)
                if kind in (_NLMSG_DONE, _NLMSG_ERROR):
                    code = -struct.unpack_from("=i", data, offset + _HEADER.size)[0] or interrupted * errno.EINTR
                    if code:
                        raise OSError(code, f"netlink: {os.strerror(code)}")
                    return
                yield data[offset + _HEADER.size : offset + length]
                offset += (length + 3) & ~3
