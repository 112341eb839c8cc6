"""The event loop under the engine: descriptors, timers, and a way to wake it from another thread.

Everything is edge-triggered: a descriptor is registered once and each handler takes all there is. Descriptors are
watched by epoll whatever transport HTTP's connections have; they differ in how they wait, see `transport`.
"""

from __future__ import annotations

import heapq
import os
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from itertools import count
from select import EPOLLET, EPOLLIN, EPOLLOUT, EPOLLRDHUP, epoll

from chaoskit.core.units import NS
from chaoskit.loads.timer import Timer

FAR = 1 << 62
"""A moment that never comes."""
LONGEST = 100_000_000
"""ns that a loop waits at most."""
_LONGEST = LONGEST / NS
_MAX_EVENTS = 128
NEAR = 10_000
"""ns; to arm the timer, to be woken and to come back takes longer than this: what is so near is awaited by looking."""

Handler = Callable[[int], None]


class Loop(ABC):
    """Waits for descriptors and moments; used by one thread, but for `wake` and `post`."""

    def __init__(self) -> None:
        self._epoll = epoll()
        self._handlers: dict[int, Handler] = {}
        self._timers: list[tuple[int, int, Callable[[int], None]]] = []
        self._order = count()
        self._event = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._posted: deque[Callable[[], None]] = deque()
        self.watch(self._event, lambda _events: self.catch_up())

    def watch(self, fd: int, handler: Handler) -> None:
        """Call the handler with the events of a descriptor, whenever something new is there."""
        self._handlers[fd] = handler
        self._epoll.register(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)

    def forget(self, fd: int) -> None:
        """Stop watching; call it right before the descriptor is closed, which takes it off the epoll set."""
        self._handlers.pop(fd, None)

    def at(self, moment: int, call: Callable[[int], None]) -> None:
        """Call something once, with the time, at or soon after a moment."""
        heapq.heappush(self._timers, (moment, next(self._order), call))

    def due(self, now: int) -> int:
        """Call what is due; returns the next moment of a timer."""
        timers = self._timers
        while timers and timers[0][0] <= now:
            heapq.heappop(timers)[2](now)
        return timers[0][0] if timers else FAR

    @abstractmethod
    def wait(self, until: int, now: int) -> None:
        """Wait for events, but not beyond a moment, and handle what came."""

    def wake(self) -> None:
        """End a wait from another thread."""
        os.eventfd_write(self._event, 1)

    def post(self, call: Callable[[], None]) -> None:
        """Have something called in the loop's thread, soon; for other threads."""
        self._posted.append(call)
        self.wake()

    def catch_up(self) -> None:
        """Call what other threads have posted."""
        while self._posted:
            self._posted.popleft()()

    def close(self) -> None:
        """Free the loop's own descriptors, but for the one behind `wake`, which another thread may be using."""
        self._epoll.close()

    def _poll(self, patience: float) -> None:
        """Wait so many seconds at most for descriptors, and call their handlers."""
        handlers = self._handlers
        for fd, events in self._epoll.poll(patience, _MAX_EVENTS):
            handler = handlers.get(fd)
            if handler is not None:
                handler(events)


class EpollLoop(Loop):
    """Waits in epoll, and for moments by a timer that epoll watches."""

    def __init__(self) -> None:
        super().__init__()
        self._timer = Timer()
        self._armed = FAR
        self.watch(self._timer.fd, self._fired)

    def wait(self, until: int, now: int) -> None:
        """Wait for events, but not beyond a moment, and handle what came."""
        if until - now <= NEAR:
            self._poll(0.0)
            return
        if until < self._armed:
            self._timer.arm(until)
            self._armed = until
        self._poll(_LONGEST)

    def close(self) -> None:
        """Free the loop's own descriptors."""
        self._timer.close()
        super().close()

    def _fired(self, _events: int) -> None:
        """Edge-triggered as everything, the timer need not be read: arming it again resets it."""
        self._armed = FAR
