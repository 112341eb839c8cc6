"""TLS under HTTP: connections as `chaoskit.loads.connection` has them, whose bytes are sealed on the way.

    Connection --plaintext--> Sealed --records--> socket

`Sealed` looks like a socket that is connected when the handshake is over. OpenSSL works on memory here and the socket
is read in large pieces: on a socket of its own it would make two system calls a record.
"""

from __future__ import annotations

import errno
import ssl
from _socket import SO_ERROR, SOL_SOCKET, socket
from select import EPOLLOUT
from time import monotonic_ns
from typing import TYPE_CHECKING, cast

from chaoskit.core.errors import UsageError
from chaoskit.core.request import HttpRequest
from chaoskit.core.tls import Tls
from chaoskit.loads.epoll_connection import EpollConnection
from chaoskit.loads.line import END

if TYPE_CHECKING:
    from chaoskit.loads.call import Call
    from chaoskit.loads.flow import Flow

_TAKE = 65536


class Trust:
    """TLS of one load from one client host: it is called to make connections, as a class of them is.

    Attributes:
        KIND: flags for socket(2).
        session: that of the connection closed last, to be resumed by the next one; None without.

    Raises:
        UsageError: there is no such file of authorities, or it holds none.
    """

    KIND = EpollConnection.KIND

    def __init__(self, request: HttpRequest) -> None:
        self._host = request.host
        self._context = _context(request.tls)
        self.resumes = request.tls.resume
        self.session: ssl.SSLSession | None = None

    def __call__(self, flow: Flow, made: socket, server: int, call: Call) -> TlsConnection:
        """A connection for a request."""
        return TlsConnection(self, flow, made, server, call)

    def seal(self, made: socket) -> Sealed:
        """TLS over a socket that is connecting."""
        received, sealed = ssl.MemoryBIO(), ssl.MemoryBIO()
        engine = self._context.wrap_bio(received, sealed, server_hostname=self._host, session=self.session)
        return Sealed(made, engine, received, sealed)


class Sealed:
    """A socket that speaks TLS. Methods are those of a non-blocking socket, and raise what those raise.

    What TLS itself cannot go on with is an OSError of number EPROTO. An end of the connection without the alert that
    says so is a reset: the last answer may have been cut off by anybody (RFC 9112 section 9.8).

    Attributes:
        left: bytes that the kernel has not taken yet; `flush` hands them on.
        shaken: the handshake is over.
    """

    __slots__ = (
        "_engine",
        "_received",
        "_sealed",
        "_socket",
        "close",
        "connect_ex",
        "fileno",
        "getsockopt",
        "left",
        "shaken",
    )

    def __init__(self, made: socket, engine: ssl.SSLObject, received: ssl.MemoryBIO, sealed: ssl.MemoryBIO) -> None:
        self.fileno = made.fileno
        self.getsockopt = made.getsockopt
        self.close = made.close
        self.connect_ex = made.connect_ex
        self.left = b""
        self.shaken = False
        self._socket = made
        self._engine = engine
        self._received = received
        self._sealed = sealed

    @property
    def session(self) -> ssl.SSLSession | None:
        """What a later connection may resume."""
        return self._engine.session

    def shake(self) -> None:
        """Go on with the handshake.

        Raises:
            BlockingIOError: there is more to come.
            OSError: the connection failed, or TLS did.
        """
        while not self.shaken:
            try:
                self._engine.do_handshake()
                self.shaken = True
            except ssl.SSLWantReadError:
                self.flush()
                self._receive()
            except ssl.SSLError as error:
                self.flush()  # the alert that tells the server why
                raise _broken(error) from error
        self.flush()

    def send(self, data: bytes) -> int:
        """Seal and send; all is taken, what the kernel has no room for is `left`."""
        try:
            count = self._engine.write(data) if data else 0
        except ssl.SSLError as error:
            raise _broken(error) from error
        self.flush()
        return count

    def recv(self, size: int) -> bytes:
        """At most so many bytes of plaintext, empty when the server has ended the connection properly."""
        while True:
            try:
                return self._engine.read(size)
            except ssl.SSLWantReadError:
                if self._sealed.pending:  # the answer to an update of keys (RFC 8446 section 4.6.3)
                    self.flush()
                self._receive()
            except ssl.SSLZeroReturnError:
                return b""
            except ssl.SSLError as error:
                raise _broken(error) from error

    def flush(self) -> None:
        """Hand what is sealed to the kernel, as much as it takes."""
        self.left += self._sealed.read()
        while self.left:
            try:
                count = self._socket.send(self.left)
            except BlockingIOError:
                return
            self.left = self.left[count:]

    def _receive(self) -> None:
        """Take a piece from the socket.

        Raises:
            BlockingIOError: there is none.
            ConnectionResetError: the connection ended, and was not said to.
        """
        data = self._socket.recv(_TAKE)
        if not data:
            raise ConnectionResetError(errno.ECONNRESET, "closed without an alert")
        self._received.write(data)


class TlsConnection(EpollConnection):
    """A connection whose handshake of TCP is followed by one of TLS; `connect` is both together."""

    __slots__ = ("_sealed", "_trust")

    def __init__(self, trust: Trust, flow: Flow, made: socket, server: int, call: Call) -> None:
        self._sealed = trust.seal(made)
        self._trust = trust
        super().__init__(flow, cast("socket", self._sealed), server, call)

    def handle(self, events: int) -> None:
        """As of any connection; what is left of a request goes first, and an idle one may be told of keys."""
        if self._sealed.left and self._sealed.shaken and events & EPOLLOUT:
            try:
                self._sealed.flush()
            except OSError as error:
                self.error(error.errno, monotonic_ns())
                return
        if self.call is None and not events & END:
            self._hear()
        else:
            super().handle(events)

    def close(self) -> None:
        """End the connection; its session may be resumed."""
        if self._trust.resumes and self._sealed.shaken:
            self._trust.session = self._sealed.session or self._trust.session
        super().close()

    def _go_on(self, now: int) -> None:
        if not self._sealed.shaken:
            code = self._sealed.getsockopt(SOL_SOCKET, SO_ERROR)
            if code:
                self.error(code, now)
                return
            try:
                self._sealed.shake()
            except BlockingIOError:
                return
            except OSError as error:
                self.error(error.errno, now)
                return
            now = monotonic_ns()
        super()._go_on(now)

    def _hear(self) -> None:
        """Nothing was asked: only TLS itself may have something to say, a ticket for example."""
        try:
            self._sealed.recv(1)
        except BlockingIOError:
            return
        except OSError as error:
            self.error(error.errno, monotonic_ns())
            return
        self.flow.lost(self)


def _context(tls: Tls) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=tls.ca or None)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"cannot read certificates from {tls.ca!r}: {error.strerror or error}",
            remedy="ca= is a file in the format PEM with the authority's certificate.",
        ) from error
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context


def _broken(error: ssl.SSLError) -> OSError:
    if isinstance(error, ssl.SSLEOFError):
        return ConnectionResetError(errno.ECONNRESET, "closed without an alert")
    return OSError(errno.EPROTO, str(error))
