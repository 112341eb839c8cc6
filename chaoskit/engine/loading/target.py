"""What somebody types as a target, as a request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chaoskit.core.connect import connect
from chaoskit.core.errors import UsageError
from chaoskit.core.request import HttpRequest, Request
from chaoskit.core.tls import Tls
from chaoskit.loads.question import query

_BARE: Mapping[str, Callable[[str], Request]] = {"tcp": connect, "dns": query}
"""Schemes whose URL says everything."""


@dataclass(frozen=True)
class Asked:
    """What is to be asked of a target; all but the target is for HTTP.

    Attributes:
        method: empty for GET, or for POST where there is a body.
        body: text, or `@FILE` for what a file holds.
    """

    target: str
    method: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    tls: Tls = field(default_factory=Tls)


def request_for(asked: Asked) -> Request:
    """The request: of `http://` and `https://` URLs.

    `tcp://HOST:PORT` is a handshake alone, `dns://SERVER/NAME?type=A` a question to a name server.

    Raises:
        UsageError: the target is none, or what goes with it does not fit.
    """
    for scheme, make in _BARE.items():
        if asked.target.startswith(f"{scheme}://"):
            if asked.method or asked.headers or asked.body or asked.tls != Tls():
                raise UsageError(
                    f"{asked.target} is not asked by HTTP", remedy="Leave method, headers, body and certificates out."
                )
            return make(asked.target)
    body = _body(asked.body)
    method = asked.method.upper() or ("POST" if asked.body else "GET")
    return HttpRequest(method, asked.target, dict(asked.headers), body, tls=asked.tls)


def headers(lines: Iterable[str]) -> dict[str, str]:
    """Header fields of lines such as `Accept: text/html` (RFC 9110 section 5.1).

    Raises:
        UsageError: one is none, or has a line break in it.
    """
    found: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip() or "\n" in line or "\r" in line:
            raise UsageError(f"{line!r} is no header", remedy="Write one such as 'Accept: text/html'.")
        found[name] = value.strip()
    return found


def _body(text: str) -> bytes:
    if not text.startswith("@"):
        return text.encode()
    try:
        return Path(text[1:]).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the body from {text[1:]}: {error.strerror}") from None
