"""One timed exchange over TCP: something is said, and when what came back began, ended and was over is noted."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import cast

from chaoskit.core.step import Json
from chaoskit.core.units import NS

_PIECE = 65536
_AT_ONCE = 8
"""Fewer than a short listen queue holds beside those of others."""


class Ending(StrEnum):
    """How an exchange was over."""

    CLOSED = "closed"
    RESET = "reset"
    OPEN = "left open"
    """The other side had not ended the connection when it had said enough, or when the time was up."""


@dataclass(frozen=True)
class Exchange:
    """What came back on one connection; times in ns since the connection was asked for.

    Attributes:
        first: when its first byte came; None when nothing came.
        last: when its last byte came.
        end: when the other side ended the connection, or this side stopped waiting.
        size: bytes that came.
        pieces: in how many portions they came.
    """

    first: int | None
    last: int | None
    end: int
    size: int
    pieces: int
    ending: Ending

    def as_json(self) -> dict[str, Json]:
        """As a journal holds it."""
        return asdict(self)

    @classmethod
    def from_json(cls, said: Mapping[str, Json]) -> Exchange:
        """What `as_json` gave."""
        return cls(
            cast("int | None", said["first"]),
            cast("int | None", said["last"]),
            cast(int, said["end"]),
            cast(int, said["size"]),
            cast(int, said["pieces"]),
            Ending(str(said["ending"])),
        )


@dataclass(frozen=True)
class Talk:
    """How an exchange is held.

    Attributes:
        address: IPv4 address and port.
        saying: what is sent as soon as there is a connection.
        within: ns the whole of it may take.
        enough: bytes after which nothing more is waited for; None to wait for the end of the connection.
        quiet: ns without a byte, once one has come, after which nothing more is waited for; None for no such limit.
        finish: whether this side ends its half of the connection when it has said everything.
    """

    address: tuple[str, int]
    saying: bytes
    within: int
    enough: int | None = None
    quiet: int | None = None
    finish: bool = False


def exchanges(talk: Talk, times: int) -> list[Exchange]:
    """So many exchanges, some of them at the same time, in the network of the calling thread.

    Raises:
        OSError: one found no connection.
    """
    with ThreadPoolExecutor(min(times, _AT_ONCE)) as pool:  # threads begin in the namespaces of the one that makes them
        return list(pool.map(lambda _: exchange(talk), range(times)))


def exchange(talk: Talk) -> Exchange:
    """Hold one.

    Raises:
        OSError: there is no connection.
    """
    began = time.monotonic_ns()
    with socket.create_connection(talk.address, talk.within / NS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _held(connection, talk, began)


def _held(connection: socket.socket, talk: Talk, began: int) -> Exchange:
    came: list[tuple[int, int]] = []
    try:
        connection.sendall(talk.saying)
        if talk.finish:
            connection.shutdown(socket.SHUT_WR)
        ending = _listen(connection, talk, began, came)
    except ConnectionError:
        ending = Ending.RESET
    end, size = time.monotonic_ns() - began, sum(size for _, size in came)
    return Exchange(came[0][0] if came else None, came[-1][0] if came else None, end, size, len(came), ending)


def _listen(connection: socket.socket, talk: Talk, began: int, came: list[tuple[int, int]]) -> Ending:
    """Note what comes until there is no more, or no more is waited for."""
    while talk.enough is None or sum(size for _, size in came) < talk.enough:
        left = talk.within - (time.monotonic_ns() - began)
        if talk.quiet is not None and came:
            left = min(left, talk.quiet)
        if left <= 0:
            break
        connection.settimeout(left / NS)
        try:
            data = connection.recv(_PIECE)
        except TimeoutError:
            break
        if not data:
            return Ending.CLOSED
        came.append((time.monotonic_ns() - began, len(data)))
    return Ending.OPEN
