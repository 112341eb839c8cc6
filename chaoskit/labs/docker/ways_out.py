"""Default routes that lead nowhere: engines before 23 give them to containers of internal networks.

Behind such a route a packet for elsewhere waits for an answer to ARP that never comes, where without one the kernel
says at once that there is no way.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Collection

from chaoskit.kernel.netlink import Netlink, Request, attribute, attributes

_RTM_DELROUTE, _RTM_GETROUTE = 25, 26
_ROUTE = struct.Struct("=BBBBBBBBI")
_RTA_OIF, _RTA_GATEWAY = 4, 5
_MAIN = 254


def close(hosts: Collection[str]) -> None:
    """Delete, in the network namespace of the calling thread, default routes by a gateway that no host is.

    Args:
        hosts: the addresses of the lab's hosts; a route by one of them is the lab's own.

    Raises:
        OSError: the kernel refuses.
    """
    with Netlink() as netlink:
        listed = netlink.dump(_RTM_GETROUTE, _ROUTE.pack(socket.AF_INET, 0, 0, 0, 0, 0, 0, 0, 0))
        netlink.do([_delete(body) for body in listed if _leads_nowhere(body, hosts)])


def _leads_nowhere(body: bytes, hosts: Collection[str]) -> bool:
    _, length, _, _, table, _, _, _, _ = _ROUTE.unpack_from(body)
    gateway = attributes(body, _ROUTE.size).get(_RTA_GATEWAY)
    return table == _MAIN and length == 0 and gateway is not None and socket.inet_ntoa(gateway) not in hosts


def _delete(body: bytes) -> Request:
    given = attributes(body, _ROUTE.size)
    kept = b"".join(attribute(kind, given[kind]) for kind in (_RTA_OIF, _RTA_GATEWAY) if kind in given)
    return _RTM_DELROUTE, 0, body[: _ROUTE.size] + kept
