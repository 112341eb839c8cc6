"""A stub resolver inside the event loop that behaves as the C library's does.

Each look-up asks the name servers in order, each with its time, and goes round `attempts` times
(resolv.conf(5): timeout 5 s, attempts 2, rotate). As in glibc's res_send.c, the second and later
servers of a round wait `(timeout << place) / servers`, and SERVFAIL, NOTIMP, REFUSED or an ICMP
error send the look-up to the next server at once, while NXDOMAIN and an empty answer end it.
What it leaves out: search domains, AAAA records, and TCP after a truncated answer, of which the
records that did fit are used.
"""

from __future__ import annotations

import errno
import random
from _socket import AF_INET, AF_INET6, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK, socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic_ns

from chaoskit.core.errors import UsageError
from chaoskit.core.load import Outcome
from chaoskit.core.units import NS
from chaoskit.loads import dns
from chaoskit.loads.loop import Loop
from chaoskit.loads.network import Networks
from chaoskit.loads.work import Client

_FINAL = (0, dns.NXDOMAIN)
_OURS = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL)
"""What this machine lacks says nothing of the name."""


@dataclass(frozen=True)
class Resolved:
    """What a look-up came to: an address and how long it may be kept (ns), or why there is none."""

    address: str | None
    ttl: int = 0
    failure: Outcome = Outcome.NO_ADDRESS


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
    """Looks names up for one client host, from its network."""

    def __init__(self, client: Client, network: int, networks: Networks, loop: Loop) -> None:
        self.servers = [server_address(server) for server in client.nameservers]
        self.options = Options.of(client.resolver_options)
        self.loop = loop
        self._networks, self._network = networks, network
        self._turn = 0
        self.under_way: set[_LookUp] = set()

    def look_up(self, name: str, done: Done) -> None:
        """Ask for a name's address; `done` is called once, from the loop or at once."""
        _LookUp(self, name, self._plan(), done).next()

    def close(self) -> None:
        """Forget what is under way; nobody is told."""
        for look_up in self.under_way:
            look_up.close()

    def ask(self, server: tuple[str, int]) -> socket:
        """A datagram socket in the client's network, connected so that ICMP errors reach it."""
        self._networks.enter(self._network)
        family = AF_INET6 if ":" in server[0] else AF_INET
        made = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC)
        try:
            made.connect(server)
        except OSError:
            made.close()
            raise
        return made

    def _plan(self) -> Iterator[tuple[tuple[str, int], int]]:
        """Servers in the order they are asked, with the ns each is given."""
        count, options = len(self.servers), self.options
        first = self._turn % count if options.rotate and count else 0
        self._turn += 1
        order = self.servers[first:] + self.servers[:first]
        for _ in range(options.attempts):
            for place, server in enumerate(order):
                seconds = (options.timeout << place) // (count if place else 1)
                yield server, max(seconds, 1) * NS


class _LookUp:
    """One look-up on its way from server to server."""

    def __init__(self, resolver: Resolver, name: str, plan: Iterator[tuple[tuple[str, int], int]], done: Done) -> None:
        self._resolver = resolver
        self._name = name
        self._plan = plan
        self._done = done
        self._socket: socket | None = None
        self._query = b""
        self._failure = Outcome.NO_ADDRESS
        resolver.under_way.add(self)

    def next(self) -> None:
        """Ask the next server, or give up."""
        for server, patience in self._plan:
            if self._ask(server):
                self._wait(patience)
                return
        self._finish(Resolved(None, failure=self._failure))

    def _ask(self, server: tuple[str, int]) -> bool:
        self.close()
        try:
            self._query = dns.query(random.getrandbits(16), self._name)
            self._socket = self._resolver.ask(server)
            self._resolver.loop.watch(self._socket.fileno(), self._readable)
            self._socket.send(self._query)
        except (ValueError, OSError) as error:
            if isinstance(error, OSError) and error.errno in _OURS:
                self._failure = Outcome.NO_PORT
            return False
        return True

    def _wait(self, patience: int) -> None:
        asked = self._socket

        def over(_now: int) -> None:
            if asked is self._socket and asked is not None:
                self._failure = Outcome.DNS_TIMEOUT
                self.next()

        self._resolver.loop.at(monotonic_ns() + patience, over)

    def _readable(self, _events: int) -> None:
        while self._socket is not None:
            try:
                message = self._socket.recv(65535)
                reply = dns.parse(message, self._query)
            except BlockingIOError:
                return
            except OSError:
                self._failure = Outcome.NO_ADDRESS
                self.next()
                return
            except dns.BadMessage:
                continue
            if reply is not None:
                self._answered(reply)

    def _answered(self, reply: dns.Reply) -> None:
        if reply.code in _FINAL:
            self._finish(Resolved(reply.address, reply.ttl * NS))
        else:
            self._failure = Outcome.NO_ADDRESS
            self.next()

    def _finish(self, resolved: Resolved) -> None:
        self._resolver.under_way.discard(self)
        self.close()
        self._done(resolved)

    def close(self) -> None:
        """Stop asking."""
        if self._socket is not None:
            self._resolver.loop.forget(self._socket.fileno())
            self._socket.close()
            self._socket = None


def server_address(text: str) -> tuple[str, int]:
    """Address and port of `198.18.0.53` or `127.0.0.1#5353`.

    Raises:
        UsageError: the port is no number.
    """
    address, _, port = text.partition("#")
    if port and not port.isdigit():
        raise UsageError(f"{text!r} is no name server", remedy="Write an address, or ADDRESS#PORT.")
    return address, int(port or 53)
