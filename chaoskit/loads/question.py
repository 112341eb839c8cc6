"""A question to one name server as a request: `dns://SERVER[:PORT]/NAME?type=A` (RFC 4501), and `tcp=1` of our own.

    asked = load(query("dns://198.18.0.53/{n}.shop.example.com?type=AAAA"), poisson("2k/s"), clients=role("client"))

Here the name server is what is under load: one question, one answer, whatever its code says. Clients that look
names up as a C library does, from server to server, are `chaoskit.loads.protocols.dns.lookup`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from chaoskit.core.errors import UsageError
from chaoskit.core.units import Duration, duration
from chaoskit.loads import dns

_REMEDY = "Write one such as dns://198.18.0.53/shop.example.com?type=A, with &tcp=1 to ask over TCP."
_BOOLEANS = {"0": False, "1": True}
NUMBER = "{n}"
"""In a name: a number that no other question of the run has."""


@dataclass(frozen=True)
class DnsQuery:
    """One question to one name server.

    Attributes:
        server: the name server's address, or its name, which is then found as the load's naming says.
        port: of the name server.
        name: fully qualified; `{n}` stands for a number that no other question of the run has.
        record: the type that is asked for: a key of `chaoskit.loads.dns.TYPES`.
        tcp: ask over TCP (RFC 7766) and not by datagram. An answer that a datagram cannot hold is else `bad`.
        ok: response codes (keys of `chaoskit.loads.dns.CODES`) of a success, whatever the answer holds; empty for
            `NOERROR` with a record of the type.
        within: ns after the intended start by which the answer must be there; None for the load's timeout.
    """

    server: str
    port: int
    name: str
    record: str = "A"
    tcp: bool = False
    ok: tuple[str, ...] = ()
    within: int | None = None
    protocol: str = "dns"

    @property
    def op(self) -> str:
        """The record's type."""
        return self.record

    @property
    def title(self) -> str:
        """As a URL."""
        server = f"[{self.server}]" if ":" in self.server else self.server
        port = "" if self.port == 53 else f":{self.port}"
        return f"dns://{server}{port}/{self.name}?type={self.record}{'&tcp=1' if self.tcp else ''}"

    def message(self, ident: int, number: int) -> bytes:
        """The question as a message."""
        return dns.query(ident, self.name.replace(NUMBER, str(number)), dns.TYPES[self.record])


def query(url: str, *, ok: str | Iterable[str] = (), within: Duration | None = None) -> DnsQuery:
    """Ask one name server one question.

    Args:
        url: as in the module; the type is A unless it says otherwise.
        ok: response codes of a success, such as `"NXDOMAIN"`; `NOERROR` with a record of the type unless given.
        within: how soon the answer must be there to be a success.

    Raises:
        UsageError: it is no such URL, or there is no such type or code.
    """
    codes = (ok,) if isinstance(ok, str) else tuple(ok)
    for code in codes:
        if code not in dns.CODES:
            raise UsageError(f"{code!r} is no response code of DNS", remedy=f"There are: {', '.join(dns.CODES)}.")
    try:
        parts = urlsplit(url)
        server, port = parts.hostname, parts.port
    except ValueError:
        raise UsageError(f"{url!r} is no dns URL", remedy=_REMEDY) from None
    name = unquote(parts.path[1:])
    if parts.scheme != "dns" or not server or not name or port == 0:
        raise UsageError(f"{url!r} is no dns URL", remedy=_REMEDY)
    record, tcp = _options(url, parts.query)
    limit = None if within is None else duration(within)
    made = DnsQuery(server, port or 53, name, record, tcp, codes, limit)
    try:
        made.message(0, 10**12)
    except ValueError as error:
        raise UsageError(f"{url!r}: {error}") from None
    return made


def _options(url: str, text: str) -> tuple[str, bool]:
    """Type and transport; RFC 4501 separates by semicolons."""
    record, tcp = "A", False
    for option in filter(None, re.split("[;&]", text)):
        key, _, value = option.partition("=")
        if key.lower() == "type" and value.upper() in dns.TYPES:
            record = value.upper()
        elif key.lower() == "tcp" and value in _BOOLEANS:
            tcp = _BOOLEANS[value]
        elif option.lower() != "class=in":
            known = f"Types: {', '.join(dns.TYPES)}."
            raise UsageError(f"{url!r}: {option!r} is nothing a question has", remedy=f"{_REMEDY} {known}")
    return record, tcp
