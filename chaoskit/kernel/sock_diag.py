"""TCP sockets of a network namespace by sock_diag(7), as the kernel has them: no text is parsed.

A dump is asked for by state and answered with one `inet_diag_msg` a socket (linux/inet_diag.h). Of a listening socket
`queue` is how many connections wait to be accepted and `limit` how many may; of others they are bytes not read yet by
the process, and bytes not acknowledged yet by the peer.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import IntEnum

from chaoskit.kernel.netlink import Netlink

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20

_REQUEST = struct.Struct("=BBBxI48x")
"""struct inet_diag_req_v2: family, protocol, extensions, states; an empty inet_diag_sockid."""
_MESSAGE = struct.Struct("=BBBB2s2s16s16s12xIIIII")
"""struct inet_diag_msg: family, state, timer, retransmits; ports, addresses; expires, rqueue, wqueue, uid, inode."""


class TcpState(IntEnum):
    """States of a TCP socket, by the kernel's numbers (net/tcp_states.h)."""

    ESTABLISHED = 1
    SYN_SENT = 2
    SYN_RECV = 3
    FIN_WAIT1 = 4
    FIN_WAIT2 = 5
    TIME_WAIT = 6
    CLOSE = 7
    CLOSE_WAIT = 8
    LAST_ACK = 9
    LISTEN = 10
    CLOSING = 11
    NEW_SYN_RECV = 12
    """A handshake of which the last segment is awaited; the kernel answers with `SYN_RECV`."""


EVERY = tuple(TcpState)


@dataclass(frozen=True)
class TcpSocket:
    """One socket.

    Attributes:
        local: its address; `0.0.0.0` or `::` for a listener on every address.
        queue: of a listener, connections that wait to be accepted; else bytes received and not read.
        limit: of a listener, the length of its queue, which admits one more; else bytes not acknowledged.
        owned: whether a process has it; one still in a listen queue, or left to the kernel, has none.
    """

    state: TcpState
    local: str
    local_port: int
    remote: str
    remote_port: int
    queue: int
    limit: int
    owned: bool


def tcp_sockets(states: Collection[TcpState] = EVERY) -> Iterator[TcpSocket]:
    """The sockets in these states of the calling thread's network namespace, of both families.

    Raises:
        OSError: the kernel refuses, or the sockets changed so much that its answer has gaps (EINTR).
    """
    mask = sum(1 << state for state in frozenset(states))
    with Netlink(_NETLINK_SOCK_DIAG) as netlink:
        for family in (socket.AF_INET, socket.AF_INET6):
            yield from map(
                _parsed, netlink.dump(_SOCK_DIAG_BY_FAMILY, _REQUEST.pack(family, socket.IPPROTO_TCP, 0, mask))
            )


def _parsed(body: bytes) -> TcpSocket:
    family, state, _, _, sport, dport, source, target, _, rqueue, wqueue, _, inode = _MESSAGE.unpack_from(body)
    return TcpSocket(
        TcpState(state),
        _address(family, source),
        int.from_bytes(sport, "big"),
        _address(family, target),
        int.from_bytes(dport, "big"),
        rqueue,
        wqueue,
        inode != 0,
    )


def _address(family: int, raw: bytes) -> str:
    """IPv4 in a socket of IPv6 (`::ffff:198.18.0.1`) is that IPv4 address."""
    if family == socket.AF_INET:
        return socket.inet_ntop(socket.AF_INET, raw[:4])
    if raw.startswith(b"\0" * 10 + b"\xff\xff"):
        return socket.inet_ntop(socket.AF_INET, raw[12:])
    return socket.inet_ntop(socket.AF_INET6, raw)
