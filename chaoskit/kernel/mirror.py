"""One interface's IPv4 configuration, read and made again on another: addresses, and the routes that go through it.

The messages the kernel lists are sent back to it with another interface's number (rtnetlink(7)), so whatever an
address or a route has beside its number goes along.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from chaoskit.kernel.netlink import Netlink, Request, attribute, attributes

_RTM_NEWADDR, _RTM_GETADDR, _RTM_NEWROUTE, _RTM_DELROUTE, _RTM_GETROUTE = 20, 22, 24, 25, 26
_F_CREATE, _F_APPEND = 0x400, 0x800
_ADDRESS = struct.Struct("=BBBBi")
_ROUTE = struct.Struct("=BBBBBBBBI")
_IFA_LABEL, _IFA_CACHEINFO = 3, 6
_RTA_OIF, _RTA_GATEWAY, _RTA_CACHEINFO = 4, 5, 12
_KERNEL, _LOCAL_TABLE = 2, 255
"""RTPROT_KERNEL, RT_TABLE_LOCAL: what an address brings by itself."""


_ATTEMPTS = 3


@dataclass(frozen=True)
class Configuration:
    """What an interface had, as bodies of the kernel's messages."""

    addresses: tuple[bytes, ...]
    routes: tuple[bytes, ...]


def read(netlink: Netlink, index: int) -> Configuration:
    """What an interface has now, in the network namespace of the socket.

    Raises:
        OSError: the kernel does not say.
    """
    held = _listed(netlink, _RTM_GETADDR, _ADDRESS.pack(socket.AF_INET, 0, 0, 0, 0))
    return Configuration(
        tuple(body for body in held if _ADDRESS.unpack_from(body)[4] == index),
        tuple(body for body in _through(netlink, index) if not _is_made_by_kernel(body)),
    )


def _listed(netlink: Netlink, kind: int, body: bytes) -> list[bytes]:
    """A whole table; one that changes while it is read is read again."""
    for _ in range(_ATTEMPTS):
        with contextlib.suppress(InterruptedError):
            return netlink.dump(kind, body)
    return netlink.dump(kind, body)


def addresses(configuration: Configuration, index: int) -> Iterator[Request]:
    """What gives another interface the same addresses, beside the one that has them already."""
    for body in configuration.addresses:
        family, prefix, flags, scope, _ = _ADDRESS.unpack_from(body)
        kept = _without(attributes(body, _ADDRESS.size), _IFA_LABEL, _IFA_CACHEINFO)
        yield _RTM_NEWADDR, _F_CREATE, _ADDRESS.pack(family, prefix, flags, scope, index) + kept


def routes(configuration: Configuration, index: int) -> Iterator[Request]:
    """What gives another interface, which is up and has the addresses, the same routes; gateways' own ways first."""
    for body in sorted(configuration.routes, key=lambda body: _RTA_GATEWAY in attributes(body, _ROUTE.size)):
        given = {**attributes(body, _ROUTE.size), _RTA_OIF: struct.pack("=I", index)}
        yield _RTM_NEWROUTE, _F_CREATE | _F_APPEND, body[: _ROUTE.size] + _without(given, _RTA_CACHEINFO)


def abandon(netlink: Netlink, index: int) -> Iterator[Request]:
    """What has nothing sent by an interface any more, which keeps its addresses and what is sent to it.

    Raises:
        OSError: the kernel does not say what it has.
    """
    for body in _through(netlink, index):
        if _ROUTE.unpack_from(body)[4] != _LOCAL_TABLE:
            kept = _without(attributes(body, _ROUTE.size), _RTA_CACHEINFO)
            yield _RTM_DELROUTE, 0, body[: _ROUTE.size] + kept


def _through(netlink: Netlink, index: int) -> list[bytes]:
    known = _listed(netlink, _RTM_GETROUTE, _ROUTE.pack(socket.AF_INET, 0, 0, 0, 0, 0, 0, 0, 0))
    return [body for body in known if _goes_through(body, index)]


def _goes_through(body: bytes, index: int) -> bool:
    found = attributes(body, _ROUTE.size).get(_RTA_OIF)
    return found is not None and int(struct.unpack("=I", found)[0]) == index


def _is_made_by_kernel(body: bytes) -> bool:
    _, _, _, _, table, protocol, _, _, _ = _ROUTE.unpack_from(body)
    return bool(protocol == _KERNEL or table == _LOCAL_TABLE)


def _without(given: dict[int, bytes], *kinds: int) -> bytes:
    return b"".join(attribute(kind, value) for kind, value in given.items() if kind not in kinds)
