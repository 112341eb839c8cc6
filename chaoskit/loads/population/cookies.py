"""Cookies as a user agent keeps them (RFC 6265 section 5): pure, but for the wall clock that `Expires` is told by.

A load asks for one URL, so a jar keeps only what a request for that URL would carry.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from chaoskit.core.units import NS

_MOST = 50
"""Cookies a jar holds, and bytes each may have: what RFC 6265 section 6.1 asks for at least."""
_LONGEST = 4096


@dataclass(frozen=True)
class Origin:
    """What decides whether a cookie goes to a URL.

    Attributes:
        default_path: of a cookie that names none (RFC 6265 section 5.1.4).
    """

    host: str
    path: str
    default_path: str
    secure: bool

    @classmethod
    def of(cls, url: str) -> Origin:
        """Of a URL."""
        parts = urlsplit(url)
        path = parts.path or "/"
        return cls((parts.hostname or "").lower(), path, path[: path.rfind("/")] or "/", parts.scheme == "https")

    def is_at(self, path: str) -> bool:
        """Whether the URL's path matches a cookie's (RFC 6265 section 5.1.4)."""
        return self.path == path or (self.path.startswith(path) and (path.endswith("/") or self.path[len(path)] == "/"))

    def is_in(self, domain: str) -> bool:
        """Whether the URL's host matches a cookie's domain (RFC 6265 section 5.1.3): addresses have no subdomains."""
        return self.host == domain or (self.host.endswith(f".{domain}") and not _is_address(self.host))


@dataclass(frozen=True)
class Cookie:
    """One cookie.

    Attributes:
        key: name, domain and path: of two with the same key the later one replaces the earlier one.
        pair: `name=value`, as it is sent.
        expires: CLOCK_MONOTONIC ns; None at the end of the session, which is the end of the load.
    """

    key: tuple[str, str, str]
    pair: str
    expires: int | None


def parse(line: str, origin: Origin, now: int) -> Cookie | None:
    """Read one Set-Cookie header; None for what a user agent ignores, or would not send to this URL.

    Args:
        line: the header's value.
        origin: of the request that was answered.
        now: CLOCK_MONOTONIC ns.
    """
    pair, *rest = line.split(";")
    name, mark, value = (part.strip() for part in pair.partition("="))
    attributes = dict(_attribute(part) for part in rest)  # of two of one name the last one counts
    domain = attributes.get("domain", "").removeprefix(".").lower()
    path = attributes.get("path", "")
    path = path if path.startswith("/") else origin.default_path
    refused = not (mark and name) or len(pair) > _LONGEST or ("secure" in attributes and not origin.secure)
    if refused or (domain and not origin.is_in(domain)) or not origin.is_at(path):
        return None
    return Cookie((name, domain, path), f"{name}={value}", _expires(attributes, now))


def _attribute(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip()


def _expires(attributes: dict[str, str], now: int) -> int | None:
    """`Max-Age` (seconds) before `Expires`; what is no number, or no date, is ignored (sections 5.2.1 and 5.2.2)."""
    age = attributes.get("max-age", "")
    if age.removeprefix("-").isascii() and age.removeprefix("-").isdigit():
        return now + int(age[:12]) * NS
    try:
        at = parsedate_to_datetime(attributes.get("expires", ""))
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return now + round((at.timestamp() - time.time()) * NS)


class Jar:
    """One user's cookies for one URL."""

    __slots__ = ("_cookies", "_header", "_until")

    def __init__(self) -> None:
        self._cookies: dict[tuple[str, str, str], Cookie] = {}
        self._header = ""
        self._until: int | None = None

    def put(self, cookie: Cookie, now: int) -> None:
        """Take a cookie; one that has expired takes its predecessor away (RFC 6265 section 5.3)."""
        if cookie.expires is not None and cookie.expires <= now:
            self._cookies.pop(cookie.key, None)
        elif cookie.key in self._cookies or len(self._cookies) < _MOST:
            self._cookies[cookie.key] = cookie
        self._write(now)

    def header(self, now: int) -> str:
        """The value of the Cookie header; empty without cookies."""
        if self._until is not None and now >= self._until:
            self._write(now)
        return self._header

    def _write(self, now: int) -> None:
        """Longer paths first, then in the order in which they came (RFC 6265 section 5.4)."""
        for key in [key for key, each in self._cookies.items() if each.expires is not None and each.expires <= now]:
            del self._cookies[key]
        ordered = sorted(self._cookies.values(), key=lambda each: -len(each.key[2]))
        self._header = "; ".join(each.pair for each in ordered)
        self._until = min((each.expires for each in ordered if each.expires is not None), default=None)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
