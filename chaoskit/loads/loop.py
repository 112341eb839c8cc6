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
from time import monotonic_ns, sleep, thread_time_ns

from chaoskit.core.units import NS
from chaoskit.loads.timer import Timer

FAR = 1 << 62
"""A moment that never comes."""
LONGEST = 100_000_000
"""ns that a loop waits at most."""
_LONGEST = LONGEST / NS
MAX_EVENTS = 128
NEAR = 10_000
"""ns; to arm the timer, to be woken and to come back takes longer than this: what is so near is awaited by looking."""
REST = 100_000
"""ns that a busy loop lets pass, so that more than one thing is there to be done. What it does is late by that at most:
lag says so for requests, and answers count as they are read."""
_GAUGE = 5_000_000
"""ns between two looks at how busy the loop's thread is."""
HURRIED, _CALM = 0.6, 0.25
"""Shares of a core from which on and down to which a loop is busy: below, it does each thing as soon as it can."""
FULL = 16
"""As many things to be done at once as make a call of the kernel cheap."""

Handler = Callable[[int], None]
_REST = REST / NS


class Loop(ABC):
    """Waits for descriptors and moments; used by one thread, but for `wake` and `post`.

    Attributes:
        reactive: what there is to do mostly follows from what was done, as in a closed loop: to wait until there is
            more of it keeps others waiting who would bring it.
    """

    def __init__(self) -> None:
        self._epoll = epoll()
        self._handlers: dict[int, Handler] = {}
        self._timers: list[tuple[int, int, Callable[[int], None]]] = []
        self._order = count()
        self._event = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._posted: deque[Callable[[], None]] = deque()
        self.watch(self._event, lambda _events: self.catch_up())
        self._gauged, self._used = monotonic_ns(), thread_time_ns()
        self._load = 0.0
        self.reactive = True

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
        """Wait for events, but not beyond a moment, and handle what came.

        Args:
            until: the moment, CLOCK_MONOTONIC ns; one that is near may be missed by `REST`. 0 not to wait at all.
            now: the time.
        """

    def _busy(self, now: int) -> float:
        """The share of a core that the thread has used of late, 0 if it is not busy; to be asked before each wait."""
        if now >= self._gauged + _GAUGE:
            used = thread_time_ns()
            share = (used - self._used) / (now - self._gauged)
            self._load = share if share > (_CALM if self._load else HURRIED) else 0.0
            self._gauged, self._used = now, used
        return self._load

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

    def handle(self, events: list[tuple[int, int]]) -> None:
        """Call the handlers of descriptors."""
        handlers = self._handlers
        for fd, seen in events:
            handler = handlers.get(fd)
            if handler is not None:
                handler(seen)


class EpollLoop(Loop):
    """Waits in epoll, and for moments by a timer that epoll watches."""

    def __init__(self) -> None:
        super().__init__()
        self._timer = Timer()
        self._armed = FAR
        self._last = 0
        self.watch(self._timer.fd, self._fired)

    def wait(self, until: int, now: int) -> None:
        """As described there."""
        patience = 0.0
        if self._busy(now) and self._last < FULL and until:
            sleep(_REST)
        elif until - now > NEAR:
            if until < self._armed:
                self._timer.arm(until)
                self._armed = until
            patience = _LONGEST
        events = self._epoll.poll(patience, MAX_EVENTS)
        self._last = len(events)
        self.handle(events)

    def close(self) -> None:
        """Free the loop's own descriptors."""
        self._timer.close()
        super().close()

    def _fired(self, _events: int) -> None:
        """Edge-triggered as everything, the timer need not be read: arming it again resets it."""
        self._armed = FAR
