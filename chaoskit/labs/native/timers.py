"""One thread that calls functions when their time has come: health checks and restarts of a whole lab."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable


class Timers:
    """Calls that are due at moments of CLOCK_MONOTONIC, in order. What is called must not block."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="lab timers", daemon=True)
        self._thread.start()

    def after(self, ns: int, function: Callable[[], None]) -> None:
        """Call a function once, that many nanoseconds from now; never, when the timers close before."""
        with self._changed:
            heapq.heappush(self._heap, (time.monotonic_ns() + ns, next(self._order), function))
            self._changed.notify()

    def close(self) -> None:
        """Forget what is not due yet, and wait for what is being called."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while (function := self._next()) is not None:
            function()

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            while not self._closed:
                left = self._heap[0][0] - time.monotonic_ns() if self._heap else None
                if left is not None and left <= 0:
                    return heapq.heappop(self._heap)[2]
                self._changed.wait(None if left is None else left / 1e9)
        return None
