"""`fill_listen_queue`: connections that take a service's workers, then its own queue, then its listen queue."""

from __future__ import annotations

import errno
import select
import socket
import time
from collections import deque
from collections.abc import Iterable, Mapping
from typing import cast

from chaoskit.core.action import Planning, action
from chaoskit.core.errors import UsageError
from chaoskit.core.host import RunningLab
from chaoskit.core.selector import Selector
from chaoskit.core.step import Evidence, Json, Step
from chaoskit.core.topology import HostInfo
from chaoskit.kernel.namespaces import in_network
from chaoskit.kernel.sock_diag import TcpSocket, TcpState, tcp_sockets
from chaoskit.steps.function import reference
from chaoskit.steps.inject import Inject
from chaoskit.steps.reach import host_of, network_of

_HEAD = "POST / HTTP/1.1\r\nHost: {}\r\nContent-Length: 1000000\r\n\r\n"
"""A request whose body never ends: the service knows what it is asked for, and waits."""
_BETWEEN = 1.0
"""Seconds between two bytes of a body, and from the end of a connection to the next one in its stead."""
_MOST = 4096


@action(longest="10m")
def fill_listen_queue(
    plan: Planning, of: Selector, port: int, *, by: Selector, connections: int, places: int
) -> Iterable[Step]:
    """Hold connections to a service that send a request so slowly that it never ends.

    Each keeps a worker until the service gives up on it, as many clients on bad links do, or a few with bad
    intentions; those that find no worker fill the service's own queue, then the kernel's listen queue. One that the
    service ends is opened again after a second. Twice as many as there are places come at once, the others evenly
    over the next second. A process in the network of each host `by` holds them, and
    closes them all when the action is undone.

    Confirmed when the kernel of each target shows that its service has accepted and holds at least `places`
    connections, half of them or more from there.

    Args:
        plan: the lab.
        of: the hosts that run the service.
        port: its TCP port.
        by: hosts that hold the connections; each holds so many to each target.
        connections: how many; to fill every queue: the places, the listen queue's length, and two more.
        places: requests the service takes at a time, worked on or waiting inside; so many at least must be held.

    Raises:
        UsageError: the numbers make no sense, or two hosts share no network.
    """
    if not 1 <= places <= connections <= _MOST:
        raise UsageError(
            f"{connections} connections cannot take {places} places",
            remedy=f"Hold as many connections as there are places, or more, and at most {_MOST:,}.",
        )
    return [
        Inject(
            host=holder.name,
            function=reference(hold),
            arguments={
                "target": target.name,
                "address": _address(target, holder),
                "port": port,
                "connections": connections,
                "places": places,
                "from": list(holder.addresses),
            },
            evidence=reference(held),
        )
        for target in plan.hosts(of)
        for holder in plan.hosts(by)
    ]


def _address(target: HostInfo, holder: HostInfo) -> str:
    """Where the holder reaches the target: on a network both are on."""
    networks = {link.network for link in holder.links}
    address = next((link.address for link in target.links if link.network in networks), None)
    if address is None or target.name == holder.name:
        raise UsageError(f"{holder.name} and {target.name} are not two hosts of one network")
    return address


def held(lab: RunningLab, arguments: Mapping[str, Json], before: Mapping[str, Json]) -> Evidence:
    """How many connections of the holder the target's service has accepted, and how many wait in its listen queue."""
    target, port = str(arguments["target"]), cast(int, arguments["port"])
    holder, places = cast(list[str], arguments["from"]), cast(int, arguments["places"])

    def look() -> list[TcpSocket]:
        return [one for one in tcp_sockets([TcpState.ESTABLISHED]) if one.local_port == port]

    found = in_network(network_of(host_of(lab, target)), look)
    taken = sum(one.owned for one in found)
    ours = sum(one.owned and one.remote in holder for one in found)
    what = f"{target}: {taken:,} connections to port {port} taken on, {places:,} wanted, {ours:,} of them from here"
    # Who waits inside behind a slow sender takes a place as well, and is as stuck.
    return Evidence(taken >= places and 2 * ours >= places, f"{what}; {len(found) - taken:,} wait")


def hold(arguments: Mapping[str, Json], before: Mapping[str, Json]) -> None:
    """Hold the connections until this process is ended."""
    connections, places = cast(int, arguments["connections"]), cast(int, arguments["places"])
    at_once = min(connections, 2 * places)
    crowd = _Crowd(str(arguments["address"]), cast(int, arguments["port"]), connections, at_once)
    while True:
        crowd.turn()


class _Crowd:
    """So many slow senders, in one thread.

    `_due` holds when each of them sends its next byte, or a new one is to connect: all wait equally long, and longer
    than any waits at first, so it is in order.
    """

    def __init__(self, address: str, port: int, connections: int, at_once: int) -> None:
        self._address = (address, port)
        self._head = _HEAD.format(address).encode()
        self._poll = select.epoll()
        self._open: dict[int, socket.socket] = {}
        self._due: deque[tuple[float, socket.socket | None]] = deque()
        # At once who takes the places, and as many again who stand ready for those that others leave. The rest comes
        # evenly over an interval: a burst would fill the listen queue of a service that only did not look for a moment.
        for _ in range(at_once):
            self._connect()
        start, rest = time.monotonic(), connections - at_once
        self._due.extend((start + _BETWEEN * number / rest, None) for number in range(rest))

    def turn(self) -> None:
        """Wait for what comes next, an event or a moment, and act on it."""
        wait = self._due[0][0] - time.monotonic() if self._due else _BETWEEN
        for number, events in self._poll.poll(max(0.0, min(wait, _BETWEEN))):
            self._note(self._open[number], events)
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            self._act(self._due.popleft()[1])

    def _connect(self) -> None:
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        if made.connect_ex(self._address) not in (0, errno.EINPROGRESS):
            made.close()
            self._later(None)
            return
        self._open[made.fileno()] = made
        self._poll.register(made, select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP)

    def _note(self, one: socket.socket, events: int) -> None:
        if events & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR | select.EPOLLRDHUP):
            # Whatever the service says - it has refused, or lost patience - this connection is over.
            self._replace(one)
        elif self._send(one, self._head):
            self._poll.modify(one, select.EPOLLIN | select.EPOLLRDHUP)

    def _act(self, one: socket.socket | None) -> None:
        if one is None:
            self._connect()
        elif one.fileno() >= 0:  # not closed meanwhile
            self._send(one, b"x")

    def _send(self, one: socket.socket, data: bytes) -> bool:
        try:
            one.send(data)
        except BlockingIOError:
            pass  # nobody reads: the next byte waits as this one does
        except OSError:
            self._replace(one)
            return False
        self._later(one)
        return True

    def _replace(self, one: socket.socket) -> None:
        self._poll.unregister(one)
        del self._open[one.fileno()]
        one.close()
        self._later(None)

    def _later(self, one: socket.socket | None) -> None:
        self._due.append((time.monotonic() + _BETWEEN, one))
