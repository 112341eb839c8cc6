"""The door: accepts connections, and gives every request a place, a refusal, or leaves it waiting outside.

A place is what one request takes from its coming in to its answer. Kept connections stand here between requests and
have none, so that an idle caller keeps nobody out.

    reject:  no place left --> accept, 503, close
    wait:    no place left --> do not accept: the kernel's listen queue fills, then SYNs are dropped
"""

import collections
import os
import queue
import select
import socket
import threading
import time
from collections.abc import Iterator

import wire
from meter import Meter
from settings import Settings

_AT_ONCE = 64
"""Connections accepted before it looks at the others again."""
_LINGER = 1.0
"""Seconds for a refused caller to read its refusal and close."""
_LEAVING = 2048
"""Refused callers waited for at a time; beyond it they are closed at once."""

Job = tuple[socket.socket, tuple[str, int], float]
"""A connection with a request on it, its peer, and when it came in (s of the monotonic clock)."""


class Door:
    """Runs in the main thread (`keep`); workers take jobs from it and give connections back."""

    def __init__(self, settings: Settings, meter: Meter) -> None:
        self._settings = settings
        self._meter = meter
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._places = threading.Semaphore(settings.places)
        self._listener = socket.create_server(("", settings.port), backlog=settings.backlog)
        self._listener.setblocking(False)
        self._back: collections.deque[tuple[socket.socket, tuple[str, int]]] = collections.deque()
        self._idle: dict[int, tuple[socket.socket, tuple[str, int], float]] = {}
        self._leaving: dict[int, tuple[socket.socket, float]] = {}
        # Callers that want in are polled apart, so that they can be left alone as long as there is no place.
        self._outside = select.epoll()
        self._outside.register(self._listener, select.EPOLLIN)
        self._news = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poll = select.epoll()
        self._poll.register(self._news, select.EPOLLIN)
        self._poll.register(self._outside, select.EPOLLIN)
        self._looks_outside = True
        self._closing = False
        body = b'{"error": "overloaded"}'
        self._refusal = wire.answer(503, body, "application/json", settings.instance, close=True)

    # ---- for workers ---------------------------------------------------------------------------

    def jobs(self) -> Iterator[Job]:
        """Requests for one worker, until the door is closed."""
        while (job := self._jobs.get()) is not None:
            yield job

    def vacate(self) -> None:
        """A request's answer is ready and its place is free, before its caller can know and come again."""
        self._places.release()
        self._meter.takes(-1)
        if not self._settings.rejects:
            os.eventfd_write(self._news, 1)

    def leave(self, connection: socket.socket, peer: tuple[str, int], *, keep: bool) -> None:
        """The answer was sent: the connection waits here for its next request, or ends."""
        if keep and not self._closing:
            self._back.append((connection, peer))
            os.eventfd_write(self._news, 1)
        else:
            connection.close()

    # ---- the door's own thread -----------------------------------------------------------------

    def close(self) -> None:
        """Stop accepting; `keep` returns. May be called by a signal handler."""
        self._closing = True
        os.eventfd_write(self._news, 1)

    def keep(self) -> None:
        """Serve until `close`, then let the workers end what they have."""
        swept = time.monotonic()
        while not self._closing:
            for number, _ in self._poll.poll(0.5):
                if number == self._news:
                    self._take_back()
                elif number == self._outside.fileno():
                    self._let_in()
                else:
                    self._drain(number)
            if time.monotonic() - swept > 0.5:
                swept = time.monotonic()
                self._sweep(swept)
        self._listener.close()
        for connection, *_ in (*self._idle.values(), *self._leaving.values(), *self._back):
            connection.close()
        for _ in range(self._settings.workers):
            self._jobs.put(None)

    def _let_in(self) -> None:
        for number, _ in self._outside.poll(0, _AT_ONCE):
            done = self._accept() if number == self._listener.fileno() else self._readable(number)
            if not done:
                self._look_outside(look=False)
                return

    def _accept(self) -> bool:
        """Accept connections; false when others have to wait outside."""
        waits = not self._settings.rejects
        for _ in range(_AT_ONCE):
            if waits and not self._places.acquire(blocking=False):
                return False
            try:
                connection, peer = self._listener.accept()
            except OSError:  # nobody waits any more, or the caller was gone before it could be accepted
                if waits:
                    self._places.release()
                return True
            self._meter.count("accepted")
            if waits or self._places.acquire(blocking=False):
                self._admit(connection, peer)
            else:
                self._refuse(connection)
        return True

    def _readable(self, number: int) -> bool:
        """A kept connection has its next request, or its end; false when it has to wait outside."""
        connection, peer, _ = self._idle[number]
        ended = self._ended(connection)
        placed = not ended and self._places.acquire(blocking=False)
        if not (ended or placed or self._settings.rejects):
            return False
        del self._idle[number]
        self._outside.unregister(number)
        if ended:
            connection.close()
        elif placed:
            self._admit(connection, peer)
        else:
            self._refuse(connection)
        return True

    @staticmethod
    def _ended(connection: socket.socket) -> bool:
        try:
            return not connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except OSError:
            return True

    def _admit(self, connection: socket.socket, peer: tuple[str, int]) -> None:
        self._meter.takes(1)
        self._jobs.put((connection, peer, time.monotonic()))

    def _refuse(self, connection: socket.socket) -> None:
        """Answer 503 without reading, and close when the caller has: an earlier close could reset the answer away."""
        self._meter.count("rejected")
        connection.setblocking(False)
        try:
            connection.send(self._refusal)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            connection.close()  # the caller is gone
            return
        if len(self._leaving) >= _LEAVING:
            connection.close()
            return
        self._leaving[connection.fileno()] = connection, time.monotonic() + _LINGER
        self._poll.register(connection, select.EPOLLIN)

    def _drain(self, number: int) -> None:
        """Take in what a refused caller still sends; close when its end comes."""
        connection, _ = self._leaving[number]
        try:
            for _ in range(_AT_ONCE):
                if not connection.recv(4096):
                    break
            else:
                return  # it sends and sends: the others come first
        except BlockingIOError:
            return
        except ConnectionError:
            pass  # that is an end as well
        self._gone(number)

    def _gone(self, number: int) -> None:
        connection, _ = self._leaving.pop(number)
        self._poll.unregister(number)
        connection.close()

    def _take_back(self) -> None:
        os.eventfd_read(self._news)
        while self._back:
            connection, peer = self._back.popleft()
            self._idle[connection.fileno()] = connection, peer, time.monotonic() + self._settings.idle_timeout
            self._outside.register(connection, select.EPOLLIN)
        self._look_outside(look=True)

    def _look_outside(self, *, look: bool) -> None:
        if look and not self._looks_outside:
            self._poll.register(self._outside, select.EPOLLIN)
        elif self._looks_outside and not look:
            self._poll.unregister(self._outside)
        self._looks_outside = look

    def _sweep(self, now: float) -> None:
        """Close who was idle, or has been leaving, for too long."""
        for number in [number for number, (_, until) in self._leaving.items() if until < now]:
            self._gone(number)
        for number in [number for number, (_, _, until) in self._idle.items() if until < now]:
            connection, _, _ = self._idle.pop(number)
            self._outside.unregister(number)
            connection.close()
