"""One look-up on its way from server to server: datagrams, and TCP where an answer does not fit one (RFC 7766)."""

from __future__ import annotations

import contextlib
import errno
import random
from _socket import SO_ERROR, SOCK_STREAM, SOL_SOCKET, socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic_ns
from typing import TYPE_CHECKING

from chaoskit.core.load import Outcome
from chaoskit.core.units import NS
from chaoskit.loads import dns

if TYPE_CHECKING:
    from chaoskit.loads.resolver import Resolver

Server = tuple[str, int]
"""Address and port."""

_FINAL = (0, dns.NXDOMAIN)
_LONGEST = 65_535
"""Bytes of a message (RFC 1035 section 4.2.2), and of a datagram."""
_READS = 16
"""From one socket before others have their turn: a server that floods holds up nobody else."""
_OURS = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL)
"""What this machine lacks says nothing of the name."""


@dataclass(frozen=True)
class Resolved:
    """What a look-up came to: an address and how long it may be kept (ns), or why there is none.

    Attributes:
        code: the response code of the last answer, 0 without one.
        port: to connect to, 0 for the one that the request names.
        others: further addresses of the answer, in its order.
        final: a name server that answered for the name said so; not that none could be asked.
    """

    address: str | None
    ttl: int = 0
    failure: Outcome = Outcome.NO_ADDRESS
    code: int = 0
    port: int = 0
    others: tuple[str, ...] = ()
    final: bool = False


class LookUp:
    """See the module.

    Attributes:
        server: address that was asked last, empty before.
        sent: when it was first asked, ns of CLOCK_MONOTONIC; -1 before.
        connect: ns of the last TCP handshake, -1 without one.
    """

    def __init__(
        self,
        resolver: Resolver,
        name: str,
        kind: int,
        plan: Iterator[tuple[Server, int]],
        done: Callable[[Resolved], None],
    ) -> None:
        self.server = ""
        self.sent = self.connect = -1
        self._resolver = resolver
        self._name = name
        self._kind = kind
        self._plan = plan
        self._done = done
        self._socket: socket | None = None
        self._behind: socket | None = None
        self._asked: tuple[Server, int] = (("", 0), 0)
        self._query = b""
        self._unsent = b""
        self._received = bytearray()
        self._begun = 0
        self._code = 0
        self._failure = Outcome.NO_ADDRESS
        resolver.under_way.add(self)

    def next(self) -> None:
        """Ask the next server, or give up."""
        for asked in self._plan:
            self._asked = asked
            if self._ask():
                self._wait()
                return
        self._finish(Resolved(None, failure=self._failure, code=self._code))

    def cancel(self) -> None:
        """Stop asking; nobody is told."""
        self._resolver.under_way.discard(self)
        self.disconnect()

    def disconnect(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._resolver.loop.forget(self._socket.fileno())
            self._socket.close()
            self._socket = None

    def _ask(self) -> bool:
        self.disconnect()
        server, _ = self._asked
        try:
            self._query = dns.query(random.getrandbits(16), self._name, self._kind)
            self._socket = self._resolver.reach(server)
            self._resolver.loop.watch(self._socket.fileno(), self._datagram)
            self._socket.send(self._query)
        except (ValueError, OSError) as error:
            self._note(error)
            return False
        self.server = server[0]
        self.sent = monotonic_ns() if self.sent < 0 else self.sent
        return True

    def _ask_by_tcp(self) -> bool:
        self.disconnect()
        self._unsent = dns.framed(self._query)
        self._received = bytearray()
        self._begun = monotonic_ns()
        try:
            self._socket = self._resolver.reach(self._asked[0], SOCK_STREAM)
        except OSError as error:
            self._note(error)
            return False
        self._resolver.loop.watch(self._socket.fileno(), self._stream)
        return True

    def _note(self, error: Exception) -> None:
        ours = isinstance(error, OSError) and error.errno in _OURS
        self._failure = Outcome.NO_PORT if ours else Outcome.NO_ADDRESS

    def _wait(self) -> None:
        asked = self._socket

        def over(_now: int) -> None:
            if asked is self._socket and asked is not None:
                self._failure = Outcome.DNS_TIMEOUT
                self.next()

        self._resolver.loop.at(monotonic_ns() + self._asked[1], over)

    def _datagram(self, _events: int) -> None:
        try:
            reply = self._reply()
        except BlockingIOError:
            return
        except OSError as error:
            self._note(error)
            self.next()
            return
        if reply is None:
            self._go_on(self._datagram)
        elif not reply.truncated:
            self._answered(reply)
        elif self._ask_by_tcp():
            self._wait()
        else:
            self.next()

    def _reply(self) -> dns.Reply | None:
        """An answer to the question among the next few datagrams, if there is one; others are passed over.

        Raises:
            BlockingIOError: there are no more.
            OSError: the server cannot be reached.
        """
        assert self._socket is not None
        for _ in range(_READS):
            message = self._socket.recv(_LONGEST)
            with contextlib.suppress(dns.BadMessage):
                reply = dns.parse(message, self._query)
                if reply is not None:
                    return reply
        return None

    def _stream(self, _events: int) -> None:
        try:
            reply = self._exchange()
        except BlockingIOError:
            return
        except (dns.BadMessage, OSError) as error:
            self._note(error)
            self.next()
            return
        if reply is None:
            self._go_on(self._stream)
        else:
            self._answered(reply)

    def _go_on(self, handler: Callable[[int], None]) -> None:
        """Read on at the next turn: no new event tells of what is there already."""
        asked = self._socket
        if self._behind is asked:
            return
        self._behind = asked

        def more(_now: int) -> None:
            if asked is self._socket:
                self._behind = None
                handler(0)

        self._resolver.loop.at(monotonic_ns() + 1, more)

    def _exchange(self) -> dns.Reply | None:
        """Go on with the TCP connection: connect, send, receive (RFC 1035 section 4.2.2: two bytes of length).

        Returns:
            The answer; None when there may be more to read than has been.

        Raises:
            BlockingIOError: there is more to come.
            OSError: the connection failed, or was closed.
            BadMessage: it is no answer to the question.
        """
        assert self._socket is not None
        code = self._socket.getsockopt(SOL_SOCKET, SO_ERROR)
        if code:
            raise OSError(code, "connect")
        if self._unsent:
            self._unsent = self._unsent[self._socket.send(self._unsent) :]
            self.connect = monotonic_ns() - self._begun if self.connect < 0 else self.connect
        for _ in range(_READS):
            data = self._socket.recv(2 + _LONGEST - len(self._received))
            self._received += data
            message = dns.unframed(self._received)
            if message is not None:
                return self._read(message)
            if not data:
                raise ConnectionResetError(errno.ECONNRESET, "closed before the answer")
        return None

    def _read(self, message: bytes) -> dns.Reply:
        reply = dns.parse(message, self._query, whole=True)
        if reply is None:
            raise dns.BadMessage("an answer to something else")
        return reply

    def _answered(self, reply: dns.Reply) -> None:
        self._code = reply.code
        if reply.code in _FINAL:
            self._finish(Resolved(reply.address, reply.ttl * NS, code=reply.code, others=reply.others, final=True))
        else:
            self._failure = Outcome.NO_ADDRESS
            self.next()

    def _finish(self, resolved: Resolved) -> None:
        self.cancel()
        self._done(resolved)
