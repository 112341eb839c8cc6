"""etcd's JSON gateway as a blocking client uses it: one kept connection to one member at a time.

Requests are POSTs to `/v3/kv/range`, `/v3/kv/put`; keys and values travel in base64
(etcd.io/docs/v3.5/dev-guide/api_grpc_gateway). Failures carry gRPC's status code (grpc.io/docs/guides/status-codes).
"""

from __future__ import annotations

import json
import select
import socket
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from chaoskit.core.errors import UsageError
from chaoskit.core.load import Outcome
from chaoskit.loads.http import Answer, BadAnswer, parse_head
from chaoskit.loads.judge import outcome_of_status
from chaoskit.loads.session import Failed
from chaoskit.loads.targets import is_port

PORT = 2379
_UNAVAILABLE = (4, 14)
"""DEADLINE_EXCEEDED and UNAVAILABLE: no leader, or the members did not agree in time."""
_DEADLINE = "context deadline exceeded"
"""How etcd 3.4 says for a put (with code 2, UNKNOWN) what later ones say by code 4."""
_REFUSED = (3, 7, 16)
"""INVALID_ARGUMENT, PERMISSION_DENIED, UNAUTHENTICATED: said before anything is changed."""
_REFUSALS = ("etcdserver: no leader", "etcdserver: too many requests")
"""Said before anything is proposed. Their codes are no sign of that: code 8 is also that of a full database, which a
member says of a put that it has applied all the same (`quotaApplierV3.Put` of etcd's server/etcdserver/apply.go)."""
_HEAD = (
    "POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
    "{leader}Content-Length: {length}\r\n\r\n"
)
_LEADER = "Grpc-Metadata-hasleader: true\r\n"
"""The gateway hands a header of this prefix on as metadata (github.com/etcd-io/etcd/issues/10819)."""


def encoded(text: str) -> str:
    """A key or value as the gateway wants it."""
    return b64encode(text.encode()).decode()


def decoded(text: str) -> str:
    """A key or value as it was meant; bytes that are no UTF-8 show as escapes.

    Raises:
        ValueError: it is no base64.
    """
    return b64decode(text, validate=True).decode(errors="backslashreplace")


@dataclass(frozen=True)
class Endpoint:
    """A member's client URL, without the scheme."""

    host: str
    port: int

    @classmethod
    def of(cls, text: str) -> Endpoint:
        """Read `etcd-a`, `etcd-a:2379` or `198.18.96.31:2379`.

        Raises:
            UsageError: there is no host, or no such port.
        """
        host, colon, port = text.partition(":")
        if not host or (colon and not is_port(port)):
            raise UsageError(f"{text!r} is no endpoint of etcd", remedy="Write a host or an address, or HOST:PORT.")
        return cls(host, int(port or PORT))

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def endpoints_of(given: str | Sequence[str]) -> tuple[Endpoint, ...]:
    """Read one endpoint, or several.

    Raises:
        UsageError: there is none, or one makes no sense.
    """
    made = tuple(Endpoint.of(text) for text in ([given] if isinstance(given, str) else given))
    if not made:
        raise UsageError("a client of etcd needs an endpoint", remedy='Write endpoints=["etcd-a", ...].')
    return made


class Preference:
    """Which endpoint a client begins with: that of its last success. Its sessions on one host share it."""

    def __init__(self, endpoints: tuple[Endpoint, ...]) -> None:
        self._endpoints = endpoints
        self._first = 0

    def order(self) -> list[Endpoint]:
        """The endpoints, in the order they are to be tried."""
        return [*self._endpoints[self._first :], *self._endpoints[: self._first]]

    def served(self, endpoint: Endpoint) -> None:
        """Begin with this one from now on."""
        self._first = self._endpoints.index(endpoint)

    def failed(self, endpoint: Endpoint) -> None:
        """Begin with the next one from now on, if this is the one they begin with still."""
        if self._endpoints[self._first] == endpoint:
            self._first = (self._first + 1) % len(self._endpoints)


@dataclass(frozen=True)
class Said:
    """What a member said.

    Attributes:
        status: HTTP's.
        outcome: `ok`, or the class of failure.
        definite: of a failure: nothing was changed, nor will be.
        body: the answer.
    """

    status: int
    outcome: Outcome
    definite: bool
    body: Mapping[str, Any]


def values_of(body: Mapping[str, Any]) -> list[str]:
    """The values a range holds, in the order of their keys; JSON leaves out what is empty.

    Raises:
        Failed: it is no answer of etcd.
    """
    entries = body.get("kvs", [])
    if not isinstance(entries, list):
        raise Failed(Outcome.BAD_RESPONSE)
    try:
        return [decoded(entry.get("value", "")) for entry in entries]
    except (TypeError, AttributeError, ValueError):
        raise Failed(Outcome.BAD_RESPONSE) from None


class Gateway:
    """A client of one member; connects when it must, and again when the member has closed the connection."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._at: tuple[str, int] = ("", 0)

    def reach(self, address: str, port: int, patience: float) -> bool:
        """Be connected to a member; whether that took a new connection.

        Raises:
            OSError: it took longer than `patience` seconds, or failed.
        """
        if self._socket is not None and self._at == (address, port) and not self._ended(self._socket):
            return False
        self.close()
        self._socket, self._at = _connected(address, port, patience), (address, port)
        return True

    def ask(
        self,
        path: str,
        body: Mapping[str, object],
        patience: float,
        answering: Callable[[], None],
        *,
        require_leader: bool = False,
    ) -> Said:
        """Send a request on the connection there is, and read the answer.

        Args:
            path: of the gateway, such as `/v3/kv/put`.
            body: JSON.
            patience: seconds the whole may take.
            answering: called when the answer begins.
            require_leader: have a member without a leader refuse at once.

        Raises:
            OSError: the connection failed; TimeoutError: there is no whole answer in time.
            Failed: what came is no answer of etcd.
        """
        assert self._socket is not None
        text = json.dumps(body).encode()
        leader = _LEADER if require_leader else ""
        head = _HEAD.format(path=path, host=self._at[0], port=self._at[1], leader=leader, length=len(text))
        until = monotonic() + patience
        self._socket.settimeout(patience)
        self._socket.sendall(head.encode() + text)
        try:
            answer = self._receive(self._socket, until, answering)
        except BadAnswer:
            raise Failed(Outcome.BAD_RESPONSE) from None
        assert answer.head is not None
        if answer.head.close:
            self.close()
        return _said(answer.head.status, answer.body)

    def close(self) -> None:
        """End the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _receive(self, connection: socket.socket, until: float, answering: Callable[[], None]) -> _Whole:
        answer = _Whole()
        while True:
            left = until - monotonic()
            if left <= 0:
                raise TimeoutError
            connection.settimeout(left)
            data = connection.recv(65536)
            if not answer.begun and data:
                answering()
            if answer.feed(data) if data else answer.end():
                return answer
            if not data:
                raise Failed(Outcome.RESET)

    def _ended(self, connection: socket.socket) -> bool:
        """Whether the idle connection is at its end, or holds what nobody asked for: it is not used again.

        Looking first matters: a request into a connection that the member has closed would have to be
        taken for one that may have been carried out.
        """
        looking = select.poll()
        looking.register(connection, select.POLLIN)
        return bool(looking.poll(0))


def _connected(address: str, port: int, patience: float) -> socket.socket:
    """As `socket.create_connection`, without getaddrinfo(3), whose first call imports the tables of IDNA."""
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.settimeout(patience)
        made.connect((address, port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        made.close()
        raise
    return made


class _Whole(Answer):
    """An answer with its body."""

    def __init__(self) -> None:
        super().__init__(lambda block: parse_head(block, "POST"))
        self.body = b""
        self.begun = False

    def feed(self, data: bytes) -> bool:
        """Take bytes as they come."""
        self.begun = True
        return super().feed(data)

    def take(self, part: bytes) -> None:
        """Keep it."""
        self.body += part


def _said(status: int, data: bytes) -> Said:
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        raise Failed(Outcome.BAD_RESPONSE) from None
    if not isinstance(body, dict):
        raise Failed(Outcome.BAD_RESPONSE)
    if status == 200:
        return Said(status, Outcome.OK, False, body)
    code, message = body.get("code"), body.get("message", body.get("error"))
    unavailable = code in _UNAVAILABLE or message == _DEADLINE
    outcome = Outcome.UNAVAILABLE if unavailable else outcome_of_status(status)
    return Said(status, outcome, code in _REFUSED or message in _REFUSALS, body)
