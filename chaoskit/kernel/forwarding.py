"""Which port of a bridge a MAC is behind, told rather than learned (bridge(8), fdb; rtnetlink(7), RTM_NEWNEIGH)."""

from __future__ import annotations

import socket
import struct

from chaoskit.kernel.netlink import Request, attribute, attributes

_RTM_NEWNEIGH, _RTM_DELNEIGH = 28, 29
_F_REPLACE, _F_CREATE = 0x100, 0x400
_NUD_NOARP = 0x40
_NTF_MASTER, _NTF_STICKY = 0x04, 0x40
_NDA_LLADDR = 2
_LINK_SIZE = 16
_IFLA_LINKINFO, _IFLA_INFO_SLAVE_DATA, _IFLA_BRPORT_STATE = 18, 5, 1
_BR_STATE_FORWARDING = 3


def sticky(port: int, mac: str) -> Request:
    """Frames to this MAC leave a bridge by this port, whichever port frames from it come in by.

    Before Linux 5.0 such an entry moves with the frames, like a learned one.
    """
    return _RTM_NEWNEIGH, _F_CREATE | _F_REPLACE, _entry(port, mac, _NUD_NOARP, _NTF_MASTER | _NTF_STICKY)


def learned(port: int, mac: str) -> Request:
    """Forget what was told of this MAC: its next frame says where it is, and until then all ports get frames to it."""
    return _RTM_DELNEIGH, 0, _entry(port, mac, 0, _NTF_MASTER)


def is_forwarding(body: bytes) -> bool:
    """Whether the port of an answer to `netlink.get_link` passes frames, which it does a moment after it came up."""
    found = attributes(attributes(body, _LINK_SIZE).get(_IFLA_LINKINFO, b""), 0)
    state = attributes(found.get(_IFLA_INFO_SLAVE_DATA, b""), 0).get(_IFLA_BRPORT_STATE, b"")
    return state[:1] == bytes([_BR_STATE_FORWARDING])


def _entry(port: int, mac: str, state: int, flags: int) -> bytes:
    fixed = struct.pack("=BxxxiHBB", socket.AF_BRIDGE, port, state, flags, 0)
    return fixed + attribute(_NDA_LLADDR, bytes.fromhex(mac.replace(":", "")))
