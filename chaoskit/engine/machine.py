"""The machine under the run: readings that tell whether it was there for the run all the time."""

from __future__ import annotations

import threading

from chaoskit.core.clock import Clock
from chaoskit.core.history import Reading
from chaoskit.core.units import NS
from chaoskit.engine.probing import Sink
from chaoskit.probes.machine import read_machine

EVERY = NS // 4
PROBE = "machine"


class MachineWatch:
    """A thread that reads the machine's counters four times a second, and its own lateness with them.

    A thread that asked to sleep 250 ms and woke 800 ms later was not alone in waiting: `late_s` is
    the machine's stall as a program feels it, whatever the hypervisor reports.
    """

    def __init__(self, sink: Sink, clock: Clock) -> None:
        self._sink, self._clock = sink, clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="machine", daemon=True)

    def start(self) -> None:
        """Start reading."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for it."""
        self._stopping.set()
        self._thread.join(1.0)

    def _watch(self) -> None:
        due = self._clock.now() + EVERY
        while not self._stopping.wait(max(0, due - self._clock.now()) / NS):
            late = max(0, self._clock.now() - due) / NS
            begin = self._sink.now()
            value = {**read_machine(), "late_s": late}
            self._sink.reading(Reading(begin, self._sink.now() - begin, PROBE, "", value))
            due = max(due + EVERY, self._clock.now())
