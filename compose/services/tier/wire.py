"""HTTP/1.1 messages on a socket, as much of RFC 9112 as two tiers need of each other."""

import socket
import time
from dataclasses import dataclass

MOST = 65536
"""Bytes a head may have."""


class Malformed(ValueError):
    """Bytes that are no message; says what is wrong with them."""


@dataclass(frozen=True)
class Message:
    """A request or an answer, its body left out.

    Attributes:
        start: the words of the request line or status line.
        headers: by name in lower case.
    """

    start: tuple[str, str, str]
    headers: dict[str, str]

    @property
    def keeps(self) -> bool:
        """Whether its sender keeps the connection (RFC 9112 section 9.3)."""
        options = self.headers.get("connection", "").lower()
        version = self.start[0] if self.start[0].startswith("HTTP/") else self.start[2]
        return "close" not in options and (version != "HTTP/1.0" or "keep-alive" in options)


def read(connection: socket.socket, until: float) -> Message | None:
    """Read one message with its body; None when the peer closed before its first byte.

    Args:
        connection: a socket whose timeout this may change.
        until: when it must be there, s of the monotonic clock.

    Raises:
        TimeoutError: it was not.
        ConnectionError: the peer closed or reset in the middle of it.
        Malformed: it is none.
    """
    data = b""
    while b"\r\n\r\n" not in data:
        if len(data) > MOST:
            raise Malformed("head too large")
        piece = _receive(connection, until)
        if not piece and not data:
            return None
        if not piece:
            raise ConnectionAbortedError("closed in the middle of a message")
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    message = _parsed(head)
    left = _length(message) - len(body)
    while left > 0:
        piece = _receive(connection, until)
        if not piece:
            raise ConnectionAbortedError("closed in the middle of a message")
        left -= len(piece)
    return message


def _receive(connection: socket.socket, until: float) -> bytes:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    connection.settimeout(left)
    return connection.recv(16384)


def _parsed(head: bytes) -> Message:
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ", 2)
    if len(words) != 3:
        raise Malformed(f"no start line: {first[:80]!r}")
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise Malformed(f"no header: {line[:80]!r}")
        headers[name.lower()] = value.strip()
    return Message((words[0], words[1], words[2]), headers)


def _length(message: Message) -> int:
    if "transfer-encoding" in message.headers:
        raise Malformed("a body without Content-Length")
    text = message.headers.get("content-length", "0")
    if not text.isdigit():
        raise Malformed(f"Content-Length: {text[:80]!r}")
    return int(text)


REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    408: "Request Timeout",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


def answer(status: int, body: bytes, kind: str, instance: str, *, close: bool) -> bytes:
    """An answer as it goes over the wire."""
    fields = [
        f"HTTP/1.1 {status} {REASONS[status]}",
        f"X-Instance: {instance}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
    ]
    if status == 503:
        fields.append("Retry-After: 1")
    if close:
        fields.append("Connection: close")
    return "\r\n".join([*fields, "", ""]).encode() + body
