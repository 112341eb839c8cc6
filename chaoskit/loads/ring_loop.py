"""The event loop on an io_uring: one system call submits what connections queued, waits, and brings what completed."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from itertools import count
from time import monotonic_ns

from chaoskit.core.errors import LabError
from chaoskit.kernel import uring_abi as abi
from chaoskit.kernel.uring import Ring
from chaoskit.loads.loop import FULL, HURRIED, LONGEST, MAX_EVENTS, NEAR, REST, Loop

_LONG_REST, _BUSIEST = 400_000, 0.8
"""ns that a loop rests which uses such a share of a core, or more, and whose work comes by itself. The rest ends as
soon as there is enough to do; more at once is cheaper still there (tests/bench/load.py)."""
_OPEN_FULL = 48
_REMEMBERED = 1024
_LAST = 64
"""Turns that the kernel gets at the end to take what is queued; more than all connections there may be need."""

Handler = Callable[[int, int], None]
"""Gets the result and the flags of a completion."""
Pinned = tuple[bytes, int]
"""Bytes and where they are in memory, for as long as this is held."""


class RingLoop(Loop):
    """See the module. Descriptors that are watched are in an epoll set, and the ring polls that.

    Attributes:
        queue: entries (`uring_abi`) that are submitted when the loop waits.
        memory: of the buffers that receiving operations use.
        woken: when the completions that are being handled were there, CLOCK_MONOTONIC ns.

    Raises:
        LabError: there is no ring to be had just now: no memory, no descriptor.
    """

    def __init__(self) -> None:
        super().__init__()
        try:
            self._ring = Ring()
        except OSError as error:
            super().close()
            raise LabError(
                f"the load engine cannot have an io_uring: {error.strerror}",
                remedy="With CHAOSKIT_TRANSPORT=epoll it does without.",
            ) from error
        self.queue = self._ring.queue
        self.memory = self._ring.buffers.memory
        self._completed: dict[int, Handler] = {}
        self._numbers = count(1)
        self._left: list[object] = []
        self.woken = 0
        self._wanted = 1
        self._pinned: dict[bytes, Pinned] = {}
        self._ready = abi.poll(self._epoll.fileno(), self.operate(self._news))
        self.queue.append(self._ready)

    def operate(self, handler: Handler) -> int:
        """Have a handler called for the completions of operations with the number that this returns."""
        number = next(self._numbers)
        self._completed[number] = handler
        return number

    def leave(self, number: int, fd: int, keep: object) -> None:
        """Cancel a number's operations, hear of them no more, and close their descriptor.

        Args:
            number: from `operate`.
            fd: of the operations.
            keep: what the operations use; held until the kernel has been told.
        """
        self._completed.pop(number, None)
        self.queue += (abi.cancel(number), abi.close(fd))
        self._left.append(keep)

    def pin(self, data: bytes) -> Pinned:
        """Bytes that the kernel is to read: equal ones, and their place in memory, as long as that pair is held."""
        known = self._pinned.get(data)
        if known is None:
            where = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value
            assert where is not None
            known = (data, where)
            if len(self._pinned) >= _REMEMBERED:
                self._pinned.clear()
            self._pinned[data] = known
        return known

    def wait(self, until: int, now: int) -> None:
        """Submit, and as described there; what is awaited are completions."""
        patience = until - now
        busy = self._busy(now)
        if busy and until:
            rest = REST if self.reactive else _rest(busy)
            completions = self._ring.enter(min(max(patience, rest), LONGEST), self._wanted)
            self._want(len(completions))
        else:
            completions = self._ring.enter(min(patience, LONGEST) if patience > NEAR else 0)
        self.woken = monotonic_ns()
        if self._left and self._ring.submitted:
            self._left.clear()
        handlers = self._completed
        used = 0
        for number, result, flags in completions:
            used += flags & abi.CQE_BUFFER
            handler = handlers.get(number)
            if handler is not None:
                handler(result, flags)
        if used:
            self._ring.buffers.give_back(used)

    def _want(self, came: int) -> None:
        """So many came in time: the next time wait for more of them, or for fewer."""
        self._wanted = (
            min(self._wanted + 1, FULL if self.reactive else _OPEN_FULL) if came >= self._wanted else max(came, 1)
        )

    def close(self) -> None:
        """Have the kernel do what is queued - it closes connections -, and free the loop's descriptors."""
        for _ in range(_LAST):
            self._ring.enter(0)
            if self._ring.submitted:
                break
        self._ring.close()
        super().close()

    def _news(self, _result: int, _flags: int) -> None:
        """Watched descriptors have something new; asked again at once, the ring tells of what is left as well."""
        self.handle(self._epoll.poll(0, MAX_EVENTS))
        self.queue.append(self._ready)


def _rest(share: float) -> int:
    """A time in ns: the short rest where a loop has just become busy, up to the long one."""
    return round(REST + (_LONG_REST - REST) * min(1.0, max(0.0, (share - HURRIED) / (_BUSIEST - HURRIED))))
