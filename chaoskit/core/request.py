"""Requests and what counts as their success."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import urlsplit

from chaoskit.core.errors import UsageError
from chaoskit.core.tls import Tls
from chaoskit.core.units import Duration, duration, show_duration

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Ok:
    """What an answer must be to count as a success; all that is given must hold.

    Attributes:
        statuses: accepted status codes; empty accepts any from 200 to 399.
        headers: header name (lower case) to the exact value it must have.
        body_contains: bytes the body must hold.
        within: ns after the intended start by which the answer must be complete.
    """

    statuses: frozenset[int] = frozenset()
    headers: Mapping[str, str] = field(default_factory=dict)
    body_contains: bytes = b""
    within: int | None = None

    def __and__(self, other: Ok) -> Ok:
        limits = [limit for limit in (self.within, other.within) if limit is not None]
        return Ok(
            (self.statuses & other.statuses) if self.statuses and other.statuses else self.statuses | other.statuses,
            {**self.headers, **other.headers},
            other.body_contains or self.body_contains,
            min(limits) if limits else None,
        )

    def accepts(self, status: int) -> bool:
        """Whether a status code is one of a success."""
        return status in self.statuses if self.statuses else 200 <= status < 400

    def __str__(self) -> str:
        words = [f"status {', '.join(map(str, sorted(self.statuses)))}" if self.statuses else "status 2xx-3xx"]
        words += [f"{name}: {value}" for name, value in self.headers.items()]
        words += [f"body contains {self.body_contains!r}"] if self.body_contains else []
        words += [f"within {show_duration(self.within)}"] if self.within is not None else []
        return " and ".join(words)


def status(*codes: int) -> Ok:
    """Success is one of these status codes."""
    return Ok(statuses=frozenset(codes))


def header(name: str, value: str) -> Ok:
    """Success has this header with exactly this value."""
    return Ok(headers={name.lower(): value})


def body(contains: str) -> Ok:
    """Success has this text in its body."""
    return Ok(body_contains=contains.encode())


def within(limit: Duration) -> Ok:
    """Success is complete this soon after its intended start."""
    return Ok(within=duration(limit))


class Request(Protocol):
    """One kind of request; its protocol decides which client of `chaoskit.loads` sends it."""

    @property
    def protocol(self) -> str:
        """`http`, `dns`, ...: the name of a module of `chaoskit.loads.protocols`, or of another distribution's."""
        ...

    @property
    def op(self) -> str:
        """What it asks, in the protocol's own word, as a history's column of that name has it: `GET`, `A`, `read`."""
        ...

    @property
    def title(self) -> str:
        """A short name for tables: `GET http://price.example.com/`."""
        ...


@dataclass(frozen=True)
class HttpRequest:
    """One HTTP/1.1 request, sent as it stands. A redirect is an answer as any other: it is not followed.

    Attributes:
        url: `http://` or `https://`.
        headers: the author's own; a `Host`, `Connection`, `User-Agent` or `Content-Length` wins over the usual one.
        body: sent at once, whatever `Expect` says.
        chunk: bytes of each chunk of a body in chunked coding (RFC 9112 section 7.1); 0 sends it in one piece behind
            its length.
        ok: what an answer must be to count as a success.
        tls: of an `https` request.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    ok: Ok = field(default_factory=Ok)
    protocol: str = "http"
    chunk: int = 0
    tls: Tls = field(default_factory=Tls)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        try:
            known = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
        except ValueError:  # of a port that is none
            known = False
        if not known:
            raise UsageError(f"{self.url!r} is no http URL", remedy="Write one such as http://price.example.com/.")
        if self.tls != Tls() and not self.secure:
            raise UsageError(f"{self.url!r} is without TLS, but tls= is given", remedy="Write https://.")
        if self.chunk < 0:
            raise UsageError(f"a chunk cannot have {self.chunk} bytes")

    @property
    def op(self) -> str:
        """The method."""
        return self.method

    @property
    def title(self) -> str:
        """Method and URL."""
        return f"{self.method} {self.url}"

    @property
    def secure(self) -> bool:
        """Whether it goes over TLS."""
        return urlsplit(self.url).scheme == "https"

    @property
    def host(self) -> str:
        """The name or address to connect to."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port to connect to; 80, or 443 of `https`, unless the URL says otherwise."""
        parts = urlsplit(self.url)
        return parts.port or _PORTS[parts.scheme]

    @property
    def authority(self) -> str:
        """Host and port as the `Host` header has them: without a port that is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[urlsplit(self.url).scheme] else f"{host}:{self.port}"

    @property
    def target(self) -> str:
        """Path and query, as the request line has them."""
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def accepting(self, ok: Ok) -> HttpRequest:
        """The same request with another idea of success."""
        return replace(self, ok=ok)


def get(
    url: str, *, headers: Mapping[str, str] | None = None, ok: Ok | None = None, tls: Tls | None = None
) -> HttpRequest:
    """A GET request; redirects are not followed."""
    return HttpRequest("GET", url, dict(headers or {}), b"", ok or Ok(), tls=tls or Tls())


def post(
    url: str,
    body: bytes | str = b"",
    *,
    headers: Mapping[str, str] | None = None,
    ok: Ok | None = None,
    chunk: int = 0,
    tls: Tls | None = None,
) -> HttpRequest:
    """A POST request; text goes as UTF-8, in chunks of so many bytes if `chunk` is given."""
    return _carrying("POST", url, body, headers, ok, chunk, tls)


def put(
    url: str,
    body: bytes | str = b"",
    *,
    headers: Mapping[str, str] | None = None,
    ok: Ok | None = None,
    chunk: int = 0,
    tls: Tls | None = None,
) -> HttpRequest:
    """A PUT request; arguments as of `post`."""
    return _carrying("PUT", url, body, headers, ok, chunk, tls)


def _carrying(
    method: str,
    url: str,
    body: bytes | str,
    headers: Mapping[str, str] | None,
    ok: Ok | None,
    chunk: int,
    tls: Tls | None,
) -> HttpRequest:
    data = body.encode() if isinstance(body, str) else body
    return HttpRequest(method, url, dict(headers or {}), data, ok or Ok(), chunk=chunk, tls=tls or Tls())
