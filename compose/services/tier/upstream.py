"""The dependency: called on connections that are kept, within a timeout."""

import collections
import socket
import time
from urllib.parse import urlsplit

import wire
from settings import Settings


class Upstream:
    """A pool of kept connections; the one used last is used first. For any number of threads."""

    def __init__(self, settings: Settings) -> None:
        parts = urlsplit(settings.dependency)
        if parts.scheme != "http" or not parts.hostname:
            raise SystemExit(f"DEPENDENCY={settings.dependency!r} is no http URL")
        self._address = parts.hostname, parts.port or 80
        self._host = parts.netloc
        self._path = parts.path or "/"
        self._timeout = settings.dependency_timeout
        self._idle: collections.deque[socket.socket] = collections.deque()

    def call(self, path: str = "", within: float | None = None) -> int:
        """Ask for a page; 200 or 503 as it says, 504 when nothing comes in time, 502 for anything else."""
        until = time.monotonic() + (self._timeout if within is None else within)
        try:
            status = self._on_kept(path, until)
            return self._on_new(path, until) if status is None else status
        except TimeoutError:
            return 504
        except (OSError, wire.Malformed):
            return 502

    def _on_kept(self, path: str, until: float) -> int | None:
        """On a kept connection; None where there is none, or its end had come before the request."""
        try:
            connection = self._idle.pop()
        except IndexError:
            return None
        try:
            return self._ask(connection, path, until)
        except ConnectionError:
            return None

    def _on_new(self, path: str, until: float) -> int:
        return self._ask(socket.create_connection(self._address, max(0.001, until - time.monotonic())), path, until)

    def _ask(self, connection: socket.socket, path: str, until: float) -> int:
        kept = False
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(f"GET {path or self._path} HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode())
            message = wire.read(connection, until)
            if message is None:
                raise ConnectionAbortedError("closed without an answer")
            kept = message.keeps
            status = int(message.start[1])
        finally:
            if kept:
                self._idle.append(connection)
            else:
                connection.close()
        return status if status in (200, 503) else 502
