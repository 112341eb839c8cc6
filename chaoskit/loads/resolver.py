"""A stub resolver inside the event loop that behaves as the C library's does.

Each look-up asks the name servers in order, each with its time, and goes round `attempts` times
(resolv.conf(5): timeout 5 s, attempts 2, rotate). As in glibc's res_send.c, the second and later
servers of a round wait `(timeout << place) / servers`, and SERVFAIL, NOTIMP, REFUSED or an ICMP
error send the look-up to the next server at once, while NXDOMAIN and an empty answer end it. A
truncated answer is asked for again over TCP. What it leaves out: search domains, and asking for A
and AAAA at once: a look-up is for one type.
"""

from __future__ import annotations

import errno
import os
from _socket import AF_INET, AF_INET6, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK, socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chaoskit.core.errors import UsageError
from chaoskit.core.units import NS
from chaoskit.loads import dns
from chaoskit.loads.lookup import LookUp, Resolved, Server
from chaoskit.loads.loop import Loop
from chaoskit.loads.network import Networks
from chaoskit.loads.targets import is_port
from chaoskit.loads.work import Client

Done = Callable[[Resolved], None]


@dataclass(frozen=True)
class Options:
    """The options of resolv.conf that shape a look-up; `timeout` in seconds."""

    timeout: int = 5
    attempts: int = 2
    rotate: bool = False

    @classmethod
    def of(cls, words: tuple[str, ...]) -> Options:
        """Read words such as `timeout:1`; unknown ones change nothing, as in the C library.

        Raises:
            UsageError: a number is missing.
        """
        found = dict(word.partition(":")[::2] for word in words)
        try:
            timeout, attempts = int(found.get("timeout", cls.timeout)), int(found.get("attempts", cls.attempts))
        except ValueError:
            raise UsageError(f"resolver options {' '.join(words)!r} lack a number") from None
        return cls(min(max(timeout, 1), 30), min(max(attempts, 1), 5), "rotate" in found)


class Resolver:
    """Looks names up for one client host, from its network.

    Args:
        client: the host.
        network: its network, for `networks`.
        networks: moves the thread there.
        loop: serves the sockets.
        servers: to ask in place of the client's own name servers.
    """

    def __init__(
        self, client: Client, network: int, networks: Networks, loop: Loop, servers: tuple[str, ...] = ()
    ) -> None:
        self.servers = [server_address(server) for server in servers or client.nameservers]
        self.options = Options.of(client.resolver_options)
        self.loop = loop
        self._networks, self._network = networks, network
        self._turn = 0
        self.under_way: set[LookUp] = set()

    def look_up(self, name: str, done: Done, kind: int = dns.A) -> LookUp:
        """Ask for a name's address; `done` is called once, from the loop or at once."""
        made = LookUp(self, name, kind, self._plan(), done)
        made.next()
        return made

    def close(self) -> None:
        """Forget what is under way; nobody is told."""
        for look_up in self.under_way:
            look_up.disconnect()

    def reach(self, server: Server, kind: int = SOCK_DGRAM) -> socket:
        """A socket in the client's network; one for datagrams is connected, so that ICMP errors reach it.

        Raises:
            OSError: the server cannot be reached.
        """
        self._networks.enter(self._network)
        made = socket(AF_INET6 if ":" in server[0] else AF_INET, kind | SOCK_NONBLOCK | SOCK_CLOEXEC)
        code = made.connect_ex(server)
        if code not in (0, errno.EINPROGRESS):
            made.close()
            raise OSError(code, os.strerror(code))
        return made

    def _plan(self) -> Iterator[tuple[Server, int]]:
        """Servers in the order they are asked, with the ns each is given."""
        count, options = len(self.servers), self.options
        first = self._turn % count if options.rotate and count else 0
        self._turn += 1
        order = self.servers[first:] + self.servers[:first]
        for _ in range(options.attempts):
            for place, server in enumerate(order):
                seconds = (options.timeout << place) // (count if place else 1)
                yield server, max(seconds, 1) * NS


def server_address(text: str) -> Server:
    """Address and port of `198.18.0.53` or `127.0.0.1#5353`.

    Raises:
        UsageError: there is no such port.
    """
    address, _, port = text.partition("#")
    if port and not is_port(port):
        raise UsageError(f"{text!r} is no name server", remedy="Write an address, or ADDRESS#PORT.")
    return address, int(port or 53)
