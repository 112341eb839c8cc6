"""Calls between chaoskit's own processes, over the standard library's connections.

A call is `(number, method, arguments)`; its answer is `(number, True, value)` or `(number, False,
exception)`. The number lets a caller that was interrupted skip the answer it did not wait for. Both ends
are this user's processes, and the sockets lie in a folder that only this user can enter, because what
travels is pickled.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

from chaoskit.core.errors import ChaoskitError

Handler = Callable[..., Any]


class Caller:
    """The asking end; calls from several threads take turns."""

    def __init__(self, connection: Connection[Any, Any], peer: str) -> None:
        self._connection = connection
        self._peer = peer
        self._count = 0
        self._lock = threading.Lock()

    @classmethod
    def to(cls, socket: Path, peer: str) -> Caller:
        """Connect to a process that serves on a Unix socket.

        Raises:
            ChaoskitError: nobody serves there.
        """
        try:
            with _address(socket) as address:
                return cls(Client(address, family="AF_UNIX"), peer)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise ChaoskitError(f"{peer} does not answer: {error.strerror}", remedy="Run `chaoskit sweep`.") from error

    def __call__(self, method: str, *arguments: object, within: float | None = None) -> Any:
        """Call a method of the peer and wait for its answer, at most `within` seconds; what it raises is raised here.

        Raises:
            PeerGone: the peer has gone, or did not answer in time.
        """
        try:
            with self._lock:
                self._count += 1
                self._connection.send((self._count, method, arguments))
                fine, value = self._answer(within)
        except (EOFError, OSError) as error:
            raise PeerGone(f"{self._peer} has gone") from error
        if fine:
            return value
        raise value

    def _answer(self, within: float | None) -> tuple[bool, Any]:
        while True:
            if within is not None and not self._connection.poll(within):
                raise PeerGone(f"{self._peer} does not answer")
            number, fine, value = self._connection.recv()
            if number == self._count:
                return fine, value

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


@contextmanager
def listening(socket: Path) -> Iterator[Listener]:
    """Serve on a Unix socket."""
    with _address(socket) as address, Listener(address, family="AF_UNIX") as listener:
        yield listener


@contextmanager
def _address(socket: Path) -> Iterator[str]:
    """A short path to a socket: an address takes 107 bytes (unix(7)), and a home may be deeper than that."""
    fd = os.open(socket.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{fd}/{socket.name}"
    finally:
        os.close(fd)


class PeerGone(ChaoskitError):
    """The process at the other end ended or was killed."""


@dataclass(frozen=True)
class Last:
    """What a method returns to have its answer sent before `then` is called, which ends the process."""

    value: object
    then: Callable[[], None]


def serve(connection: Connection[Any, Any], methods: Callable[[str], Handler]) -> None:
    """Answer calls on one connection until the peer hangs up."""
    while True:
        try:
            number, method, arguments = connection.recv()
        except (EOFError, OSError):
            return
        try:
            fine, value = True, methods(method)(*arguments)
        except Exception as error:  # noqa: BLE001  it is raised again, in the caller
            fine, value = False, error
        last = value if isinstance(value, Last) else None
        try:
            _answer(connection, number, method, fine, last.value if last else value)
        except OSError:
            return
        finally:
            if last:
                last.then()


def _answer(connection: Connection[Any, Any], number: int, method: str, fine: bool, value: object) -> None:
    try:
        connection.send((number, fine, value))
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001  it cannot be pickled, and the caller waits for some answer
        said = f"{method} has an answer that cannot be sent: {error}: {value!r}"
        connection.send((number, False, ChaoskitError(said)))
