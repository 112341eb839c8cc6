"""One look-up on its way from server to server: datagrams, and TCP where an answer does not fit one (RFC 7766)."""

from __future__ import annotations

import errno
import random
import struct
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
_OURS = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL)
"""What this machine lacks says nothing of the name."""


@dataclass(frozen=True)
class Resolved:
    """What a look-up came to: an address and how long it may be kept (ns), or why there is none.

    Attributes:
        code: the response code of the last answer, 0 without one.
        port: to connect to, 0 for the one that the request names.
    """

    address: str | None
    ttl: int = 0
    failure: Outcome = Outcome.NO_ADDRESS
    code: int = 0
    port: int = 0


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
        self._asked: tuple[Server, int] = (("", 0), 0)
        self._query = b""
        self._unsent = b""
        self._received = b""
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
        self._unsent = struct.pack("!H", len(self._query)) + self._query
        self._received = b""
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
        while self._socket is not None:
            try:
                message = self._socket.recv(65535)
                reply = dns.parse(message, self._query)
            except BlockingIOError:
                return
            except OSError as error:
                self._note(error)
                self.next()
                return
            except dns.BadMessage:
                continue
            if reply is None:
                continue
            if not reply.truncated:
                self._answered(reply)
            elif self._ask_by_tcp():
                self._wait()
            else:
                self.next()
            return

    def _stream(self, _events: int) -> None:
        try:
            reply = self._exchange()
        except BlockingIOError:
            return
        except (dns.BadMessage, OSError) as error:
            self._note(error)
            self.next()
            return
        self._answered(reply)

    def _exchange(self) -> dns.Reply:
        """Go on with the TCP connection: connect, send, receive (RFC 1035 section 4.2.2: two bytes of length).

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
        while True:
            data = self._socket.recv(65537)
            self._received += data
            if len(self._received) >= 2 + int.from_bytes(self._received[:2], "big") > 2:
                break
            if not data:
                raise ConnectionResetError(errno.ECONNRESET, "closed before the answer")
        reply = dns.parse(self._received[2:], self._query)
        if reply is None:
            raise dns.BadMessage("an answer to something else")
        return reply

    def _answered(self, reply: dns.Reply) -> None:
        self._code = reply.code
        if reply.code in _FINAL:
            self._finish(Resolved(reply.address, reply.ttl * NS, code=reply.code))
        else:
            self._failure = Outcome.NO_ADDRESS
            self.next()

    def _finish(self, resolved: Resolved) -> None:
        self.cancel()
        self._done(resolved)
