"""What answers for a host whose daemon ended: its old network namespace, on its networks by links of our own.

An engine takes a container's links away some 50 ms after its init ended, so callers would meet silence where a host
whose daemon crashed answers with a reset. The namespace is held open; before its links go, others are put beside them,
with the same MAC, addresses and routes; when the first are gone they get their names. They go when the container
starts again, which always makes a new namespace.

    daemon runs      eth0 ---- veth... (engine's) ---- bridge
    it ended         eth0 ---- veth... ---- bridge      ck-eth0 ---- ckp... (ours) ---- bridge
    engine done                                         eth0 ------- ckp... (ours) ---- bridge
    it starts again  (a new namespace) eth0 ---- veth... ---- bridge
"""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chaoskit.core.topology import Link, Topology
from chaoskit.kernel import forwarding, mirror, netlink
from chaoskit.kernel.namespaces import in_network
from chaoskit.kernel.netlink import Netlink
from chaoskit.labs.docker import naming
from chaoskit.labs.docker.fence import ADMITTED
from chaoskit.labs.docker.monitor import LinkMonitor
from chaoskit.labs.docker.poller import Poller

_ASIDE = "ck-"
"""What a stand-in's name begins with while the engine's link still has the host's."""
_FORWARDS_WITHIN_S, _LOOK_EVERY_S = 0.03, 0.0005
"""The engine leaves its link alone for some 40 ms after the end of a daemon."""


@dataclass
class _StandIn:
    """One link of ours.

    Attributes:
        port: index of its end on the bridge.
        index: of its end in the host's namespace.
        had: what the engine's link had.
        named: whether it has that one's name.
    """

    link: Link
    port: int
    index: int
    up: bool
    had: mirror.Configuration
    named: bool = False


@dataclass
class _Host:
    """A host's network namespace, held open by sockets in it, and what stands in for its links there."""

    inside: Netlink
    monitor: LinkMonitor
    links: list[_StandIn] = field(default_factory=list)
    cut: bool = False


class StandIns:
    """The networks of a lab's hosts; satisfies `chaoskit.labs.docker.host.Networks`.

    Args:
        topology: the lab's.
        bridges: the device of each network's bridge.
        run: names and marks what is made.
        poller: tells when the engine's links go.
        prepare: called with a host in the namespace that its daemon has begun to run in.
    """

    def __init__(
        self,
        topology: Topology,
        bridges: Mapping[str, str],
        run: str,
        poller: Poller,
        prepare: Callable[[str], None],
    ) -> None:
        self._topology = topology
        self._bridges = bridges
        self._run = run
        self._poller = poller
        self._prepare = prepare
        self._outer = Netlink()
        self._hosts: dict[str, _Host] = {}
        self._lock = threading.RLock()

    def started(self, host: str, netns: int) -> None:
        """A daemon runs in this namespace: what stood in for it in another one goes."""
        self.forget(host)

        def enter() -> _Host:
            self._prepare(host)
            return _Host(Netlink(), LinkMonitor())

        held = in_network(Path(f"/proc/self/fd/{netns}"), enter)
        links = self._topology.by_name[host].links
        self._admit(port for link in links if (port := _port(held.inside, link.device)))
        with self._lock:
            self._hosts[host] = held
        self._poller.watch(held.monitor.fileno(), lambda: self._on_news(host, held))

    def ended(self, host: str, netns: int) -> None:
        """Put links of our own beside the engine's, which are about to go."""
        with self._lock:
            held = self._hosts.get(host)
            if held is None or held.cut or held.links:
                return
            for link in self._topology.by_name[host].links:
                held.links.append(self._make(held, netns, link))
            self._settle(held)

    def cut(self, host: str, netns: int) -> None:
        """Set the host's links down: nothing of it is heard any more, its end included."""
        with self._lock:
            held = self._hosts.get(host)
            if held is None:
                return
            held.cut = True
            indexes = [_index(held.inside, link.device) for link in self._topology.by_name[host].links]
            held.inside.do([netlink.set_up(index, up=False) for index in indexes if index is not None])
        self.forget(host)

    def forget(self, host: str) -> None:
        """Take down what stands in for a host, and let go of its namespace."""
        with self._lock:
            held = self._hosts.pop(host, None)
            if held is None:
                return
            self._poller.forget(held.monitor.fileno())
            with contextlib.suppress(FileNotFoundError, OSError):
                held.inside.do([netlink.delete(each.index) for each in held.links])
            held.monitor.close()
            held.inside.close()

    def close(self) -> None:
        """Forget every host."""
        for host in list(self._hosts):
            self.forget(host)
        self._outer.close()

    def _make(self, held: _Host, netns: int, link: Link) -> _StandIn:
        """A link beside the engine's, or in its place where that has gone already."""
        theirs = _index(held.inside, link.device)
        had = mirror.read(held.inside, theirs) if theirs is not None else mirror.Configuration((), ())
        up = theirs is None or _is_up(held.inside, link.device)
        port = naming.port(self._run, link.name)
        master = socket.if_nametoindex(self._bridges[link.network])
        name = _ASIDE + link.device
        self._outer.do([netlink.veth(port, master, name, netns, link.mac)])
        index = socket.if_nametoindex(port)
        self._outer.do([netlink.alias(index, f"chaoskit {self._run} {link.name}")])
        self._admit([index])
        made = _StandIn(link, index, held.inside.index(name), up, had)
        self._configure(held.inside, made)
        if made.up and theirs is not None:
            self._take_over(held.inside, made, port, theirs)
        return made

    def _take_over(self, inside: Netlink, made: _StandIn, port: str, theirs: int) -> None:
        """Have everything go by our link before the engine takes its own away.

        Its link drops what it is given, in both directions, for as long as that takes, some 20 ms, and the bridge
        cannot notice meanwhile: both want the kernel's one lock for links.
        """
        deadline = time.monotonic() + _FORWARDS_WITHIN_S
        while not forwarding.is_forwarding(self._outer.answer(netlink.get_link(port))):
            if time.monotonic() > deadline:
                return
            time.sleep(_LOOK_EVERY_S)
        self._outer.do([forwarding.sticky(made.port, made.link.mac)])
        for way in mirror.abandon(inside, theirs):
            with contextlib.suppress(ProcessLookupError):  # ESRCH: it went meanwhile, with the link
                inside.do([way])

    def _admit(self, ports: Iterable[int]) -> None:
        """Let everything pass that a started host sends (`chaoskit.labs.docker.fence`)."""
        try:
            self._outer.do([netlink.group(port, ADMITTED) for port in ports])
        except OSError as error:
            if error.errno != errno.ENODEV:  # it went meanwhile, with a daemon that ran for a moment
                raise

    def _configure(self, inside: Netlink, made: _StandIn) -> None:
        """Addresses first: routes by a gateway need them, and the interface up."""
        if not made.had.addresses:
            inside.do([netlink.address(made.index, made.link.address, made.link.prefix)])
        inside.do(list(mirror.addresses(made.had, made.index)))
        if made.up:
            inside.do([netlink.set_up(made.index)])
            inside.do(list(mirror.routes(made.had, made.index)))

    def _on_news(self, host: str, held: _Host) -> None:
        with self._lock:
            if self._hosts.get(host) is held:
                held.monitor.drain()
                self._settle(held)

    def _settle(self, held: _Host) -> None:
        """Give stand-ins the names of links that have gone."""
        for each in held.links:
            if not each.named and _index(held.inside, each.link.device) is None:
                self._rename(held.inside, each)
                each.named = True
                self._unstick(each)

    def _unstick(self, made: _StandIn) -> None:
        """Have the bridge learn again: a daemon that starts is heard before its start is told."""
        try:
            self._outer.do([forwarding.learned(made.port, made.link.mac)])
        except OSError as error:
            if error.errno != errno.ENOENT:  # none was told
                raise

    def _rename(self, inside: Netlink, made: _StandIn) -> None:
        try:
            inside.do([netlink.rename(made.index, made.link.device)])
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            # Before Linux 6.2 a link that is up keeps its name; down, it loses its routes.
            inside.do([netlink.set_up(made.index, up=False), netlink.rename(made.index, made.link.device)])
            if made.up:
                inside.do([netlink.set_up(made.index), *mirror.routes(made.had, made.index)])


def _index(inside: Netlink, device: str) -> int | None:
    try:
        return inside.index(device)
    except OSError as error:
        if error.errno == errno.ENODEV:
            return None
        raise


def _port(inside: Netlink, device: str) -> int:
    """The bridge's end of a link; 0 where the link has gone again, with a daemon that ran for a moment."""
    try:
        return netlink.peer(inside.answer(netlink.get_link(device)))
    except OSError as error:
        if error.errno == errno.ENODEV:
            return 0
        raise


def _is_up(inside: Netlink, device: str) -> bool:
    return netlink.is_up(inside.answer(netlink.get_link(device)))
