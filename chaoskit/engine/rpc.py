"""Calls between chaoskit's own processes, over the standard library's connections.

A call is `(method, arguments)`; its answer is `(True, value)` or `(False, exception)`. Both ends are
this user's processes and the sockets lie in a folder that only this user can enter, because what
travels is pickled.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Any

from chaoskit.core.errors import ChaoskitError

Handler = Callable[..., Any]


class Caller:
    """The asking end; calls from several threads take turns."""

    def __init__(self, connection: Connection[Any, Any], peer: str) -> None:
        self._connection = connection
        self._peer = peer
        self._lock = threading.Lock()

    @classmethod
    def to(cls, socket: Path, peer: str) -> Caller:
        """Connect to a process that serves on a Unix socket.

        Raises:
            ChaoskitError: nobody serves there.
        """
        try:
            return cls(Client(str(socket), family="AF_UNIX"), peer)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise ChaoskitError(f"{peer} does not answer: {error.strerror}", remedy="Run `chaoskit sweep`.") from error

    def __call__(self, method: str, *arguments: object) -> Any:
        """Call a method of the peer and wait for its answer; what it raises is raised here.

        Raises:
            ChaoskitError: the peer has gone.
        """
        try:
            with self._lock:
                self._connection.send((method, arguments))
                fine, value = self._connection.recv()
        except (EOFError, OSError) as error:
            raise PeerGone(f"{self._peer} has gone") from error
        if fine:
            return value
        raise value

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


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
            method, arguments = connection.recv()
        except (EOFError, OSError):
            return
        try:
            answer = (True, methods(method)(*arguments))
        except Exception as error:  # noqa: BLE001  it is raised again, in the caller
            answer = (False, error)
        last = answer[1] if isinstance(answer[1], Last) else None
        try:
            connection.send((True, last.value) if last else answer)
        except OSError:
            return
        finally:
            if last:
                last.then()
