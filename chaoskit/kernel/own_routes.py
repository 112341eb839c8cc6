"""IPv4 routes that are added for a time and taken away again, in the network of the calling thread, by rtnetlink(7)."""

from __future__ import annotations

import errno
import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from socket import AF_INET

from chaoskit.kernel.netlink import Netlink, Request, attribute, attributes

_NEW, _DELETE, _LIST = 24, 25, 26
"""RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE."""
_CREATE, _EXCLUSIVE = 0x400, 0x200
_ROUTE = struct.Struct("=BBBBBBBBI")
"""struct rtmsg: family, destination's prefix length, source's, TOS, table, protocol, scope, type, flags."""
_DST, _OIF, _GATEWAY = 1, 4, 5
_MAIN, _LOCAL = 254, 255
_STATIC = 4
_UNIVERSE, _HOST = 0, 254
_UNICAST, _IS_LOCAL = 1, 2


@dataclass(frozen=True)
class OwnRoute:
    """A route of ours.

    Attributes:
        prefix: where it leads.
        device: the interface.
        via: the next hop; None for a local route, which makes every address of the prefix one of the host's own
            (`ip route add local PREFIX dev lo`, ip-route(8); known as AnyIP).
    """

    prefix: IPv4Network
    device: str
    via: IPv4Address | None


def is_there(route: OwnRoute) -> bool:
    """Whether there is just such a route now.

    Raises:
        OSError: the kernel does not say, or the table changes too quickly (EINTR).
    """
    with Netlink() as netlink:
        wanted = _facts(_body(route, netlink))
        listed = netlink.dump(_LIST, _ROUTE.pack(AF_INET, 0, 0, 0, 0, 0, 0, 0, 0))
    return any(_facts(body) == wanted for body in listed)


def add(route: OwnRoute) -> None:
    """Add a route; nothing changes when it is there.

    Raises:
        OSError: the kernel refuses: no such interface, no way to the next hop, another route for the prefix (EEXIST).
    """
    with Netlink() as netlink:
        request: Request = (_NEW, _CREATE | _EXCLUSIVE, _body(route, netlink))
        try:
            netlink.do([request])
        except OSError as error:
            if error.errno != errno.EEXIST or not is_there(route):
                raise


def remove(route: OwnRoute) -> None:
    """Take a route away; nothing changes when it is not there.

    Raises:
        OSError: the kernel refuses.
    """
    with Netlink() as netlink:
        try:
            netlink.do([(_DELETE, 0, _body(route, netlink))])
        except OSError as error:
            if error.errno not in (errno.ESRCH, errno.ENODEV):  # no such route, no such interface
                raise


def _body(route: OwnRoute, netlink: Netlink) -> bytes:
    table, scope, kind = (_LOCAL, _HOST, _IS_LOCAL) if route.via is None else (_MAIN, _UNIVERSE, _UNICAST)
    fixed = _ROUTE.pack(AF_INET, route.prefix.prefixlen, 0, 0, table, _STATIC, scope, kind, 0)
    index = struct.pack("=I", netlink.index(route.device))
    gateway = b"" if route.via is None else attribute(_GATEWAY, route.via.packed)
    return fixed + attribute(_DST, route.prefix.network_address.packed) + attribute(_OIF, index) + gateway


def _facts(body: bytes) -> tuple[object, ...]:
    """What makes two routes the same one."""
    _, length, _, _, table, _, _, kind, _ = _ROUTE.unpack_from(body)
    given = attributes(body, _ROUTE.size)
    return length, table, kind, given.get(_DST), given.get(_OIF), given.get(_GATEWAY)
