"""IPv4 routes in the network namespace of the calling thread, by rtnetlink(7)."""

from __future__ import annotations

import errno
import socket
import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from chaoskit.kernel.netlink import Netlink, attribute, attributes

_RTM_GETROUTE = 26
_ROUTE = struct.Struct("=BBBBBBBBI")
"""struct rtmsg: family, destination's prefix length, source's, TOS, table, protocol, scope, type, flags."""

_RTA_DST, _RTA_OIF, _RTA_GATEWAY, _RTA_PRIORITY, _RTA_MULTIPATH = 1, 4, 5, 6, 9
_FIB_MATCH = 0x2000
"""RTM_F_FIB_MATCH: answer with the route that matches, not with the way a packet would take."""
_MAIN = 254
_NEXT_HOP = struct.Struct("=HBBi")
"""struct rtnexthop: length, flags, hops, interface."""

_PROTOCOLS = {
    0: "unspec",
    1: "redirect",
    2: "kernel",
    3: "boot",
    4: "static",
    9: "ra",
    11: "zebra",
    16: "dhcp",
    42: "babel",
    186: "bgp",
    187: "isis",
    188: "ospf",
    189: "rip",
    192: "eigrp",
    196: "static",
}
"""Who made a route (linux/rtnetlink.h); 196 is FRR's staticd (its rt_netlink.h), which ip-route(8) calls static too."""

_TYPES = {1: "unicast", 2: "local", 3: "broadcast", 5: "multicast", 6: "blackhole", 7: "unreachable", 8: "prohibit"}

_REFUSALS = {
    errno.ENETUNREACH: "none",
    errno.EHOSTUNREACH: "unreachable",
    errno.EINVAL: "blackhole",
    errno.EACCES: "prohibit",
}
"""What the kernel answers a look-up with when the matching route, or the lack of one, forwards nothing."""


@dataclass(frozen=True)
class Route:
    """One route.

    Attributes:
        prefix: what it leads to, `0.0.0.0/0` for the default route; empty where nothing is known of it.
        kind: `unicast`, `unreachable`, `blackhole`, `prohibit`, ..., or `none` for no route.
        device: the interface; empty where there is none. Of several next hops, the first one's.
        via: the next hop's address; empty for what is on the link.
        protocol: who made it: `kernel`, `static`, `bgp`, ...; the number of one without a name here.
        metric: the smaller one of two for the same prefix is used.
    """

    prefix: str
    kind: str
    device: str = ""
    via: str = ""
    protocol: str = ""
    metric: int = 0


def towards(destination: IPv4Address) -> Route:
    """The route that the kernel would take to an address now.

    Raises:
        OSError: the kernel does not say.
    """
    body = _ROUTE.pack(socket.AF_INET, 32, 0, 0, 0, 0, 0, 0, _FIB_MATCH) + attribute(_RTA_DST, destination.packed)
    try:
        with Netlink() as netlink:
            return _route(netlink.answer((_RTM_GETROUTE, 0, body)))
    except OSError as error:
        if error.errno in _REFUSALS:
            return Route("", _REFUSALS[error.errno])
        raise


def exactly(prefix: IPv4Network) -> tuple[Route, ...]:
    """The routes of the main table for exactly this prefix, the one that is used first.

    Raises:
        OSError: the kernel does not say, or the table changes too quickly (EINTR).
    """
    with Netlink() as netlink:
        listed = netlink.dump(_RTM_GETROUTE, _ROUTE.pack(socket.AF_INET, 0, 0, 0, 0, 0, 0, 0, 0))
    found = [_route(body) for body in listed if _ROUTE.unpack_from(body)[4] == _MAIN]
    return tuple(sorted((route for route in found if route.prefix == str(prefix)), key=lambda route: route.metric))


def _route(body: bytes) -> Route:
    _, length, _, _, _, protocol, _, kind, _ = _ROUTE.unpack_from(body)
    given = attributes(body, _ROUTE.size)
    hop = {**_first_hop(given.get(_RTA_MULTIPATH, b"")), **given}
    return Route(
        f"{socket.inet_ntoa(given.get(_RTA_DST, bytes(4)))}/{length}",
        _TYPES.get(kind, str(kind)),
        socket.if_indextoname(_number(hop[_RTA_OIF])) if _RTA_OIF in hop else "",
        socket.inet_ntoa(hop[_RTA_GATEWAY]) if _RTA_GATEWAY in hop else "",
        _PROTOCOLS.get(protocol, str(protocol)),
        _number(given.get(_RTA_PRIORITY, bytes(4))),
    )


def _first_hop(hops: bytes) -> dict[int, bytes]:
    if not hops:
        return {}
    length, _, _, index = _NEXT_HOP.unpack_from(hops)
    return {_RTA_OIF: struct.pack("=I", index), **attributes(hops[:length], _NEXT_HOP.size)}


def _number(raw: bytes) -> int:
    return int(struct.unpack("=I", raw)[0])
