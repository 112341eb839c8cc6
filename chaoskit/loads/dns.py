"""DNS messages, as far as a stub resolver needs them (RFC 1035): pure, no sockets."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import ip_address

A, CNAME, AAAA, IN = 1, 5, 28, 1
"""Types (RFC 1035 section 3.2.2, RFC 3596) and the class of the internet."""
TYPES = {
    "A": A,
    "NS": 2,
    "CNAME": CNAME,
    "SOA": 6,
    "PTR": 12,
    "MX": 15,
    "TXT": 16,
    "AAAA": AAAA,
    "SRV": 33,
    "NAPTR": 35,
    "DS": 43,
    "DNSKEY": 48,
    "SVCB": 64,
    "HTTPS": 65,
    "CAA": 257,
}
"""Types by their names in the registry of IANA, "Resource Record (RR) TYPEs"."""
CODES = {
    "NOERROR": 0,
    "FORMERR": 1,
    "SERVFAIL": 2,
    "NXDOMAIN": 3,
    "NOTIMP": 4,
    "REFUSED": 5,
    "YXDOMAIN": 6,
    "YXRRSET": 7,
    "NXRRSET": 8,
    "NOTAUTH": 9,
    "NOTZONE": 10,
}
"""Response codes by their names in the same registry, "DNS RCODEs"."""
NXDOMAIN = CODES["NXDOMAIN"]
_ADDRESS_BYTES = {A: 4, AAAA: 16}
_HEADER = struct.Struct("!6H")
_RECORD = struct.Struct("!HHIH")
_MAX_JUMPS = 64


class BadMessage(ValueError):
    """Bytes that are no DNS message."""


@dataclass(frozen=True)
class Reply:
    """An answer to a query.

    Attributes:
        code: the response code, 0 for no error.
        address: the first one of the type that was asked for, None without one.
        ttl: seconds the address may be kept: the smallest along the chain of CNAMEs.
        truncated: the server had more to say than fits a datagram; of such an answer only the code is read.
        answered: it has a record of the type that was asked for.
        others: further addresses, in their order.
    """

    code: int
    address: str | None
    ttl: int
    truncated: bool
    answered: bool = False
    others: tuple[str, ...] = ()


def query(ident: int, name: str, kind: int = A) -> bytes:
    """A query for records of a name, recursion desired.

    Raises:
        BadMessage: the name has an empty or too long label, or is too long.
    """
    labels = name.rstrip(".").encode("idna" if not name.isascii() else "ascii").split(b".")
    if any(not 0 < len(label) < 64 for label in labels) or sum(map(len, labels)) + len(labels) > 254:
        raise BadMessage(f"{name!r} is no domain name")
    question = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    return _HEADER.pack(ident, 0x0100, 1, 0, 0, 0) + question + struct.pack("!HH", kind, IN)


def parse(message: bytes, question: bytes, *, whole: bool = False) -> Reply | None:
    """Read an answer; None if it answers something else than the question (another id, name or type).

    Args:
        message: the datagram, or what came over TCP.
        question: the query it should answer, as `query` made it.
        whole: over TCP there is no more to be had: read the records whatever the flag says.

    Raises:
        BadMessage: it is cut short, or its names go round in circles.
    """
    try:
        _ident, flags, questions, answers, _, _ = _HEADER.unpack_from(message)
        if message[:2] != question[:2] or not flags & 0x8000 or questions != 1:
            return None
        name, at = _name(message, _HEADER.size)
        asked, end = _name(question, _HEADER.size)
        if name != asked or message[at : at + 4] != question[end : end + 4]:
            return None
        if flags & 0x0200 and not whole:  # it may end anywhere, within a record as well (RFC 2181 section 9)
            return Reply(flags & 0x000F, None, 0, True)
        (kind,) = struct.unpack_from("!H", question, end)
        answered, addresses, ttl = _records(message, at + 4, answers, kind)
    except (struct.error, IndexError) as error:
        raise BadMessage("a message cut short") from error
    return Reply(flags & 0x000F, addresses[0] if addresses else None, ttl, False, answered, addresses[1:])


def framed(message: bytes) -> bytes:
    """A message as it goes over TCP: behind two bytes of length (RFC 1035 section 4.2.2)."""
    return struct.pack("!H", len(message)) + message


def unframed(received: bytes | bytearray) -> bytes | None:
    """The message behind its two bytes of length; None while it is not whole. What follows it was not asked for.

    Raises:
        BadMessage: it has no bytes.
    """
    if len(received) < 2:
        return None
    length = int.from_bytes(received[:2], "big")
    if not length:
        raise BadMessage("a message without bytes")
    return bytes(received[2 : 2 + length]) if len(received) >= 2 + length else None


def _records(message: bytes, at: int, count: int, wanted: int) -> tuple[bool, tuple[str, ...], int]:
    """Whether there are records of a type, their addresses if they have some, and how long these may be kept."""
    ttl, answered = 0x7FFFFFFF, False
    addresses: list[str] = []
    for _ in range(count):
        _, at = _name(message, at)
        kind, klass, record_ttl, length = _RECORD.unpack_from(message, at)
        at += _RECORD.size
        if at + length > len(message):
            raise BadMessage("a record cut short")
        if klass == IN and kind in (wanted, CNAME):
            ttl = min(ttl, record_ttl)
        if kind == wanted and klass == IN and length == _ADDRESS_BYTES.get(wanted, length):
            answered = True
            addresses += [str(ip_address(message[at : at + length]))] if wanted in _ADDRESS_BYTES else []
        at += length
    return answered, tuple(addresses), ttl if answered else 0


def _name(message: bytes, at: int) -> tuple[bytes, int]:
    """A name in lower case, and where it ends; follows compression (RFC 1035 section 4.1.4)."""
    labels, end, jumps = [], 0, 0
    while size := message[at]:
        if size & 0xC0 == 0xC0:
            end = end or at + 2
            at = (size & 0x3F) << 8 | message[at + 1]
            jumps += 1
            if jumps > _MAX_JUMPS:
                raise BadMessage("a name that goes round in circles")
            continue
        if size & 0xC0:
            raise BadMessage("a label of unknown kind")
        labels.append(message[at + 1 : at + 1 + size].lower())
        at += 1 + size
    return b".".join(labels), end or at + 1
