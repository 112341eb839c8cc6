"""Whether a host's network is as planned: each link by its name, with its MAC and its address."""

from __future__ import annotations

import socket
import struct
from pathlib import Path

from chaoskit.core.errors import LabError
from chaoskit.core.topology import HostInfo
from chaoskit.kernel.namespaces import in_network
from chaoskit.kernel.netlink import Netlink, attributes

_RTM_GETLINK, _RTM_GETADDR = 18, 22
_LINK, _ADDRESS = struct.Struct("=BBHiII"), struct.Struct("=BBBBi")
_IFLA_ADDRESS, _IFLA_IFNAME, _IFA_LOCAL = 1, 3, 2

Found = tuple[str, str, str]
"""Device, MAC, IPv4 address and prefix length."""


def check(host: HostInfo, netns: Path) -> None:
    """Compare a host's network with its plan.

    Raises:
        LabError: they differ; the message has both.
    """
    planned = {(link.device, link.mac, f"{link.address}/{link.prefix}") for link in host.links}
    found = in_network(netns, _found)
    if not planned <= found:
        raise LabError(
            f"host {host.name} has other links than planned: {_said(found - planned)} in place of "
            f"{_said(planned - found)}"
        )


def _said(links: set[Found]) -> str:
    return ", ".join(" ".join(link) for link in sorted(links)) or "none"


def _found() -> set[Found]:
    with Netlink() as netlink:
        links = [
            (_LINK.unpack_from(body)[3], attributes(body, _LINK.size))
            for body in netlink.dump(_RTM_GETLINK, _LINK.pack(0, 0, 0, 0, 0, 0))
        ]
        held = netlink.dump(_RTM_GETADDR, _ADDRESS.pack(socket.AF_INET, 0, 0, 0, 0))
    names = {index: (_text(given[_IFLA_IFNAME]), given.get(_IFLA_ADDRESS, b"").hex(":")) for index, given in links}
    found = set()
    for body in held:
        _, prefix, _, _, index = _ADDRESS.unpack_from(body)
        device, mac = names.get(index, ("", ""))
        found.add((device, mac, f"{socket.inet_ntoa(attributes(body, _ADDRESS.size)[_IFA_LOCAL])}/{prefix}"))
    return {link for link in found if link[0] != "lo"}


def _text(raw: bytes) -> str:
    return raw.rstrip(b"\0").decode()
