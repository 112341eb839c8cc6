"""One question and its answer over HTTP, with one deadline for the whole of it; what probes of HTTP APIs share."""

from __future__ import annotations

import http.client
import io
import json
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LONGEST = 1 << 22
"""Bytes an answer may have."""


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    body: bytes

    def object(self) -> Mapping[str, Any]:
        """The JSON object it is.

        Raises:
            OSError: it is none.
        """
        try:
            value = json.loads(self.body)
        except ValueError as error:
            raise OSError(f"status {self.status}, and no JSON: {self.body[:80]!r}") from error
        if not isinstance(value, dict):
            raise OSError(f"status {self.status}, and no JSON object: {self.body[:80]!r}")
        return value


@dataclass(frozen=True)
class Server:
    """Whom to ask; `tls` has the server prove its name by the certificates this machine trusts."""

    host: str
    port: int
    tls: bool = False

    def ask(
        self,
        method: str,
        target: str,
        until: float,
        *,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask on a connection of its own: one kept open would know a server that has been restarted no more.

        Args:
            method: HTTP's.
            target: path and query.
            until: seconds of CLOCK_MONOTONIC when connection, question and answer must be over, however the server
                deals them out. Only the look-up of a name by this machine's resolver has a time-out of its own.
            body: JSON.
            headers: to send as well.

        Raises:
            OSError: there is no connection, no HTTP, or an answer of more than `LONGEST` bytes; TimeoutError: there is
                no whole answer in time.
        """
        with self._connected(until) as made:
            connection = http.client.HTTPConnection(self.host, self.port)
            connection.sock = _Timed(made, until)
            try:
                connection.request(method, target, body, dict(headers or {}))
                with connection.getresponse() as response:
                    answer = Answer(response.status, response.read(LONGEST + 1))
            except http.client.HTTPException as error:
                raise OSError(f"no HTTP from {self.host}:{self.port}: {type(error).__name__} {error}") from error
        if len(answer.body) > LONGEST:
            raise OSError(f"{self.host}:{self.port} answers with more than {LONGEST} bytes")
        return answer

    def _connected(self, until: float) -> socket.socket:
        made = _reached(self.host, self.port, until)
        if not self.tls:
            return made
        try:
            made.settimeout(_left(until))
            return ssl.create_default_context().wrap_socket(made, server_hostname=self.host)
        except BaseException:
            made.close()
            raise


def _reached(host: str, port: int, until: float) -> socket.socket:
    """As `socket.create_connection`, which gives each of a name's addresses the whole time."""
    failure: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        made = socket.socket(family, kind, protocol)
        try:
            made.settimeout(_left(until))
            made.connect(address)
        except OSError as error:
            made.close()
            failure = error
        else:
            return made
    raise failure


class _Timed:
    """A socket for `http.client` whose every call has what is left of the time; its owner closes it."""

    def __init__(self, made: socket.socket, until: float) -> None:
        self._socket, self._until = made, until

    def sendall(self, data: bytes) -> None:
        """Send it."""
        self._socket.settimeout(_left(self._until))
        self._socket.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What comes."""
        return io.BufferedReader(_Incoming(self._socket, self._until))

    def close(self) -> None:
        """Not yet: an answer may still have to be read when `http.client` is done with the connection."""


class _Incoming(io.RawIOBase):
    def __init__(self, made: socket.socket, until: float) -> None:
        self._socket, self._until = made, until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        self._socket.settimeout(_left(self._until))
        return self._socket.recv_into(buffer)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left
