"""How far the clocks of a master's workers lead its own: asked by Locust's messages, before a run and after it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from chaoskit.core.clock_offset import ClockCourse, ClockOffset, RoundTrip, measured

_TRIPS = 8
"""Questions a time: the quickest is believed, and Locust's own work gets in the way of some."""
Told = dict[str, Any]


class Clocks:
    """See the module; measured with CLOCK_MONOTONIC on both sides.

    Args:
        send: gives a worker a message.
    """

    def __init__(self, send: Callable[[str, Told], None]) -> None:
        self._send = send
        self._measured: dict[str, list[ClockOffset]] = {}
        self._trips: dict[str, list[RoundTrip]] = {}
        self._then: dict[str, list[Callable[[], None]]] = {}

    def measure(self, worker: str, then: Callable[[], None]) -> None:
        """Ask for a worker's clock, and call when it is known; what is called meanwhile waits for the same answer."""
        self._then.setdefault(worker, []).append(then)
        if worker not in self._trips:
            self._trips[worker] = []
            self._ask(worker)

    def hear(self, worker: str, told: Told) -> None:
        """Take a worker's answer."""
        trips = self._trips.get(worker)
        if trips is None:
            return
        trips.append(RoundTrip(told["sent"], told["received"], told["answered"], time.monotonic_ns()))
        if len(trips) < _TRIPS:
            self._ask(worker)
            return
        del self._trips[worker]
        self._measured.setdefault(worker, []).append(measured(trips))
        for then in self._then.pop(worker):
            then()

    def course(self, worker: str) -> ClockCourse:
        """The lead of a worker's clock, as far as it was measured.

        Raises:
            KeyError: it was not.
        """
        return ClockCourse(tuple(self._measured[worker]))

    def _ask(self, worker: str) -> None:
        self._send(worker, {"sent": time.monotonic_ns()})


def answer(asked: Told) -> Told:
    """What a worker says when it is asked."""
    received = time.monotonic_ns()
    return {"sent": asked["sent"], "received": received, "answered": time.monotonic_ns()}
