"""HTTP/1.1 as a client reads and writes it (RFC 9112): pure, no sockets.

A server repeats itself: most of its answers have one of a few header blocks. The engine keeps what
a block means under the block's own bytes, so `parse_head` runs once a block and not once an answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from chaoskit.core.errors import UsageError
from chaoskit.core.request import HttpRequest

CHUNKED = -1
UNTIL_CLOSE = -2
MAX_HEAD = 65536
"""Bytes of a header block beyond which an answer is taken for garbage."""

_STATUS_LINE = re.compile(rb"HTTP/1\.([0-9]) ([1-9][0-9][0-9])(?: [^\r\n]*)?")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\x00]*?)[ \t]*")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BETWEEN = {"set-cookie": "\n"}
"""What stands between two values of one name, if not `, `: cookies have commas in them (RFC 9110 section 5.3)."""
_FOLD = re.compile(rb"\r\n[ \t]+")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?")


class BadAnswer(ValueError):
    """Bytes that are no answer of HTTP/1."""


@dataclass(frozen=True)
class Head:
    """What a status line and header block say.

    Attributes:
        length: bytes of the body, `CHUNKED` or `UNTIL_CLOSE`.
        close: the server ends the connection after this answer.
        headers: names in lower case; repeated ones joined by `, `, and `set-cookie` by line ends.
    """

    status: int
    length: int
    close: bool
    headers: dict[str, str]

    @property
    def interim(self) -> bool:
        """A 1xx: the real answer follows (RFC 9110 section 15.2); 101 ends HTTP and is taken as final."""
        return self.status < 200 and self.status != 101


def parse_head(block: bytes, method: str) -> Head:
    """Read a header block, with its empty line at the end.

    Raises:
        BadAnswer: it is not one, or contradicts itself about the body's length.
    """
    lines = _FOLD.sub(b" ", block[:-4]).split(b"\r\n")  # RFC 9112 section 5.2
    start = _STATUS_LINE.fullmatch(lines[0])
    if not start:
        raise BadAnswer(f"no status line: {lines[0][:80]!r}")
    status, headers = int(start[2]), _headers(lines[1:])
    tokens = _tokens(headers.get("connection", ""))
    length = _length(status, headers, method)
    kept = "keep-alive" in tokens if start[1] == b"0" else "close" not in tokens
    close = length == UNTIL_CLOSE or not kept or status == 101 or _is_doubtful(start[1], headers)
    return Head(status, length, close, headers)


def _headers(lines: list[bytes]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        field = _FIELD.fullmatch(line)
        if not field:
            raise BadAnswer(f"no header field: {line[:80]!r}")
        name, value = field[1].decode("ascii").lower(), field[2].decode("latin-1")
        headers[name] = f"{headers[name]}{_BETWEEN.get(name, ', ')}{value}" if name in headers else value
    return headers


def _is_doubtful(minor: bytes, headers: dict[str, str]) -> bool:
    """Whether somebody on the way may have seen another end of the answer: no connection to go on with.

    RFC 9112 section 6.1: a transfer coding of HTTP/1.0; section 6.3, number 3: one beside a length.
    """
    return "transfer-encoding" in headers and (minor == b"0" or "content-length" in headers)


def _tokens(value: str) -> list[str]:
    return [token.strip().lower() for token in value.split(",")]


def _length(status: int, headers: dict[str, str], method: str) -> int:
    """RFC 9112 section 6.3, in its order."""
    if method == "HEAD" or status < 200 or status in (204, 304):
        return 0
    if "transfer-encoding" in headers:
        return CHUNKED if _tokens(headers["transfer-encoding"])[-1] == "chunked" else UNTIL_CLOSE
    if "content-length" in headers:
        lengths = set(_tokens(headers["content-length"]))
        digits = lengths.pop()
        if lengths or not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
            raise BadAnswer(f"Content-Length: {headers['content-length'][:80]!r}")
        return int(digits)
    return UNTIL_CLOSE


class Answer:
    """Reads one answer from pieces of any size; `head` is set once the header block is complete.

    Args:
        head_of: parses a header block, or remembers it.
        needle: bytes to look for in the body; `found` says whether they came.
    """

    def __init__(self, head_of: Callable[[bytes], Head], needle: bytes = b"") -> None:
        self.head: Head | None = None
        self.found = not needle
        self._head_of = head_of
        self._needle = needle
        self._tail = b""
        self._buffer = b""
        self._left = 0
        self._trailer = False

    def feed(self, data: bytes) -> bool:
        """Take bytes as they come; true when the answer is complete.

        Raises:
            BadAnswer: they are no answer, or more came than the answer holds.
        """
        self._buffer += data
        while self.head is None:
            if not self._take_head():
                return False
        if self.head.length == CHUNKED:
            return self._chunks()
        if self.head.length == UNTIL_CLOSE:
            self.take(self._buffer)
            self._buffer = b""
            return False
        return self._counted()

    def end(self) -> bool:
        """The connection has ended: true if that completes the answer."""
        return self.head is not None and self.head.length == UNTIL_CLOSE

    def _take_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > MAX_HEAD or not b"HTTP/1.".startswith(self._buffer[:7]):
                raise BadAnswer(f"no answer: {self._buffer[:80]!r}")
            return False
        head = self._head_of(self._buffer[: end + 4])
        self._buffer = self._buffer[end + 4 :]
        if not head.interim:
            self.head, self._left = head, max(0, head.length)
        return not head.interim or bool(self._buffer)

    def _counted(self) -> bool:
        if len(self._buffer) > self._left:
            raise BadAnswer("more bytes than the answer's Content-Length")
        self._left -= len(self._buffer)
        self.take(self._buffer)
        self._buffer = b""
        return not self._left

    def _chunks(self) -> bool:
        """RFC 9112 section 7.1."""
        while True:
            if self._left > 2:
                part = self._buffer[: self._left - 2]
                self.take(part)
                self._buffer = self._buffer[len(part) :]
                self._left -= len(part)
            if self._left and not self._chunk_end():
                return False
            line, mark, rest = self._buffer.partition(b"\r\n")
            if not mark:
                if len(line) > MAX_HEAD:
                    raise BadAnswer("a chunk without a size")
                return False
            self._buffer = rest
            if self._trailer:
                if not line:
                    return self._nothing_left()
                if not _FIELD.fullmatch(line) and not line.startswith((b" ", b"\t")):
                    raise BadAnswer(f"no trailer field: {line[:80]!r}")
                continue
            size = _CHUNK_SIZE.fullmatch(line)
            if not size:
                raise BadAnswer(f"no size of a chunk: {line[:80]!r}")
            count = int(size[1], 16)
            self._trailer, self._left = not count, count + 2 if count else 0

    def _chunk_end(self) -> bool:
        """Take the line end after a chunk; true when all of it has come."""
        if self._left > 2 or len(self._buffer) < self._left:
            return False
        if self._buffer[: self._left] != b"\r\n"[2 - self._left :]:
            raise BadAnswer("a chunk longer than its size")
        self._buffer, self._left = self._buffer[self._left :], 0
        return True

    def _nothing_left(self) -> bool:
        if self._buffer:
            raise BadAnswer("bytes after the last chunk")
        return True

    def take(self, part: bytes) -> None:
        """A part of the body: look for the needle in it."""
        if self.found or not part:
            return
        seen = self._tail + part
        self.found = self._needle in seen
        self._tail = seen[-len(self._needle) :]


def request_bytes(request: HttpRequest, *, close: bool) -> bytes:
    """The request as it goes over the wire; with `close` it asks the server to end the connection.

    A `Host`, `Connection`, `Content-Length` or `Transfer-Encoding` of the request's own stands as it is.

    Raises:
        UsageError: a part would break out of its place: a line end, a space in the target; or the headers contradict
            each other about the body's length.
    """
    given = {name.lower() for name in request.headers}
    fields = [] if "host" in given else [("Host", request.authority)]
    fields += [] if "user-agent" in given else [("User-Agent", "chaoskit")]
    fields += [("Connection", "close")] if close and "connection" not in given else []
    fields += _framing(request, given)
    fields += request.headers.items()
    _must_be_plain(request, fields)
    lines = [f"{request.method} {request.target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields), "", ""]
    body = _chunked(request.body, request.chunk) if request.chunk else request.body
    return "\r\n".join(lines).encode("latin-1") + body


def _framing(request: HttpRequest, given: set[str]) -> list[tuple[str, str]]:
    """The header that says where the body ends, if the request needs one and has none (RFC 9112 sections 6.1, 6.2)."""
    own = given & {"content-length", "transfer-encoding"}
    if len(own) == 2 or (request.chunk and own):
        raise UsageError(
            f"{request.title}: {' and '.join(sorted(own))}{' with chunk=' if request.chunk else ''}",
            remedy="A body's end is told in one way: leave out all but one of them.",
        )
    if request.chunk:
        return [("Transfer-Encoding", "chunked")]
    has_length = bool(request.body) or request.method in ("POST", "PUT", "PATCH")
    return [("Content-Length", str(len(request.body)))] if has_length and not own else []


def _chunked(body: bytes, size: int) -> bytes:
    """A body in chunks of so many bytes, but for the last (RFC 9112 section 7.1)."""
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def _must_be_plain(request: HttpRequest, fields: list[tuple[str, str]]) -> None:
    if not _TOKEN.fullmatch(request.method):
        raise UsageError(f"{request.method!r} is no HTTP method")
    if request.method == "CONNECT":
        raise UsageError("CONNECT makes a tunnel (RFC 9110 section 9.3.6), which is no load")
    if not request.target.isascii() or any(char <= " " or char == "\x7f" for char in request.target):
        raise UsageError(f"{request.target!r} is no HTTP request target", remedy="Percent-encode it.")
    for name, value in fields:
        latin = all(char < "\u0100" for char in value)
        if not _TOKEN.fullmatch(name) or not latin or any(char in value for char in "\r\n\x00"):
            raise UsageError(f"{name}: {value!r} is no HTTP header")
