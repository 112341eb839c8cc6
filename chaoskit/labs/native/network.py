"""Network namespaces of hosts: made and given links by the island, without a process inside them."""

from __future__ import annotations

import os
import socket

from chaoskit.kernel import syscalls
from chaoskit.kernel.netlink import Netlink, Request, address, default_route, delete, set_up, veth
from chaoskit.labs.native import sysctls
from chaoskit.labs.native.plan import HostPlan

_HOST_TABLE = sysctls.table(sysctls.HOST)


class Network:
    """The island's side of every host's links.

        island (bridge) <port>----<eth0> host

    Attributes:
        bridges: index by device name.
    """

    def __init__(self, netlink: Netlink, bridges: dict[str, int]) -> None:
        self._netlink = netlink
        self._bridges = bridges
        self._lacking: list[tuple[str, str]] | None = None
        self._home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

    def connect(self, host: HostPlan) -> int:
        """Make the host's network namespace with its links, addresses, route and sysctls; its open file."""
        netns, inside = self._namespace(host)
        with inside:
            self._netlink.do(
                [veth(each.port, self._bridges[each.bridge], each.device, netns, each.mac) for each in host.links]
            )
            indexes = [inside.index(each.device) for each in host.links]
            inside.do([set_up(1), *_addresses(host, indexes)])
        if host.sysctls:
            self._apply_inside(netns, host)
        return netns

    def disconnect(self, host: HostPlan) -> None:
        """Take the host's links away: whoever still holds its namespace is cut off as well."""
        self._netlink.do([delete(socket.if_nametoindex(each.port)) for each in host.links])

    def _namespace(self, host: HostPlan) -> tuple[int, Netlink]:
        syscalls.unshare(syscalls.CLONE_NEWNET)
        try:
            netns = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
            inside = Netlink()
            if self._lacking is None:
                self._lacking = sysctls.lacking(_HOST_TABLE)
            sysctls.apply(self._lacking)
            sysctls.apply(host.sysctls)
        finally:
            syscalls.setns(self._home, syscalls.CLONE_NEWNET)
        return netns, inside

    def _apply_inside(self, netns: int, host: HostPlan) -> None:
        """Apply the lab's own sysctls again, now that the links they may name are there."""
        syscalls.setns(netns, syscalls.CLONE_NEWNET)
        try:
            sysctls.apply(host.sysctls, required=True)
        finally:
            syscalls.setns(self._home, syscalls.CLONE_NEWNET)


def _addresses(host: HostPlan, indexes: list[int]) -> list[Request]:
    requests: list[Request] = []
    for link, index in zip(host.links, indexes, strict=True):
        requests += [address(index, link.address, link.prefix), set_up(index)]
        if link.gateway is not None:
            requests.append(default_route(link.gateway, index))
    return requests
