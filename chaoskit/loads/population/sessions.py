"""The cookies of all users of a load, and the requests that carry them."""

from __future__ import annotations

from chaoskit.core.errors import UsageError
from chaoskit.core.request import HttpRequest
from chaoskit.loads.population.cookies import Jar, Origin, parse

SET_COOKIE = "set-cookie"


class Sessions:
    """See the module. A user without a cookie has no jar, and the request of everybody else.

    Args:
        request: what they all ask for.
        plain: its bytes without cookies.

    Raises:
        UsageError: the request has cookies of its own, and a request carries one such header (RFC 6265 section 5.4).
    """

    def __init__(self, request: HttpRequest, plain: bytes) -> None:
        if any(name.lower() == "cookie" for name in request.headers):
            raise UsageError(
                f"{request.title} has a Cookie header, and its users keep cookies of their own",
                remedy="Leave out one of the two: the header, or cookies=True of the population.",
            )
        head, self._end, self._body = plain.partition(b"\r\n\r\n")
        self._head = head + b"\r\nCookie: "
        self._plain = plain
        self._origin = Origin.of(request.url)
        self._jars: dict[int, Jar] = {}

    def request(self, user: int, now: int) -> bytes:
        """What a user sends at a moment (CLOCK_MONOTONIC ns)."""
        jar = self._jars.get(user)
        header = "" if jar is None else jar.header(now)
        return self._head + header.encode("latin-1") + self._end + self._body if header else self._plain

    def take(self, user: int, lines: str, now: int) -> None:
        """Keep the cookies that a user was given: Set-Cookie headers, one a line."""
        for line in lines.split("\n"):
            cookie = parse(line, self._origin, now)
            if cookie is not None:
                self._jars.setdefault(user, Jar()).put(cookie, now)
