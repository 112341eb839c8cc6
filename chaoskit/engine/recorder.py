"""The recorder: takes in everything that happens in a run, keeps the last of it at hand, writes all of it.

Sources call in from their own threads: the load generator with batches of requests, probes with
readings, the runner with events. Requests and readings go to disk in parts, so that a run that is
killed keeps what it had and a long one needs bounded memory.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace
from pathlib import Path

from chaoskit.core.clock import Anchor, Clock, anchor
from chaoskit.core.history import Event, Generated, History, Meta, Reading, Requests, concatenate
from chaoskit.core.step import Json
from chaoskit.core.units import NS
from chaoskit.engine import store
from chaoskit.engine.plan import Plan
from chaoskit.engine.plan_json import plan_json

_PART_ROWS = 200_000
_AT_HAND_AT_LEAST = 10 * NS
_ANCHOR_EVERY = 10 * NS
_FLUSH_EVERY = 5 * NS


class Recorder:
    """Writes one run's history into its directory."""

    def __init__(self, directory: Path, meta: Meta, plan: Plan, clock: Clock) -> None:
        self.directory = directory
        self._plan = plan_json(plan)
        self._meta = meta
        self._topology = plan.topology
        self._names = plan.names
        self._clock = clock
        self._lock = threading.Lock()
        self._at_hand = _at_hand(plan)
        self._recent: deque[tuple[int, Requests]] = deque()
        self._recent_readings: deque[Reading] = deque()
        self._unwritten: list[Requests] = []
        self._unwritten_readings: list[Reading] = []
        self._parts = 0
        self._reading_parts = 0
        self._flushed = 0
        self._flushed_at = 0
        self._events: list[Event] = []
        self._generated: tuple[Generated, ...] = ()
        self._anchors: list[Anchor] = []
        self._write_run()

    @property
    def meta(self) -> Meta:
        """What is known of the run by now."""
        return self._meta

    def now(self) -> int:
        """Nanoseconds since the run's origin; negative before it."""
        return self._clock.now() - self._meta.origin

    def starts_at(self, origin: int) -> None:
        """The origin is decided, before the first reading; what was recorded until now moves along."""
        with self._lock:
            shift = self._meta.origin - origin
            self._meta = replace(self._meta, origin=origin)
            self._events = [replace(event, t=event.t + shift) for event in self._events]
            self._anchors = [Anchor(one.t + shift, one.utc) for one in self._anchors]
            self._write_run()

    def learn(self, **facts: Json) -> None:
        """Add to what is recorded of the environment."""
        self._meta = replace(self._meta, environment={**self._meta.environment, **facts})

    def requests(self, batch: Requests) -> None:
        """A batch of finished requests."""
        last = int(batch.ended.max(initial=0))
        with self._lock:
            self._recent.append((last, batch))
            self._unwritten.append(batch)
            while self._recent[0][0] < self.now() - self._at_hand and len(self._recent) > 1:
                self._recent.popleft()
            if sum(map(len, self._unwritten)) >= _PART_ROWS:
                self._write_part()

    def flush(self) -> None:
        """Every 5 s bring what is at hand to the disk, so that a run that is killed keeps what it had."""
        if self.now() - self._flushed_at < _FLUSH_EVERY:
            return
        with self._lock:
            self._flushed_at = self.now()
            self._write_part()
            self._write_reading_part()
            store.append_events(self.directory, self._events[self._flushed :])
            self._flushed = len(self._events)

    def _write_part(self) -> None:
        if self._unwritten:
            store.write_requests(self.directory, self._parts, concatenate(self._unwritten))
            self._parts += 1
            self._unwritten = []

    def _write_reading_part(self) -> None:
        if self._unwritten_readings:
            store.write_readings(self.directory, self._reading_parts, self._unwritten_readings)
            self._reading_parts += 1
            self._unwritten_readings = []

    def _write_run(self) -> None:
        store.write_run(self.directory, self._meta, self._topology, self._anchors, self._plan)

    def reading(self, reading: Reading) -> None:
        """One reading of a probe."""
        with self._lock:
            self._recent_readings.append(reading)
            self._unwritten_readings.append(reading)
            while self._recent_readings[0].t < self.now() - self._at_hand:
                self._recent_readings.popleft()

    def event(self, kind: str, subject: str, what: str, t: int | None = None, **data: Json) -> None:
        """Something that happened once, now or at `t`."""
        with self._lock:
            self._events.append(Event(self.now() if t is None else t, kind, subject, what, data))

    def generated(self, generated: tuple[Generated, ...]) -> None:
        """The generators' account."""
        self._generated = generated

    def keep_time(self) -> None:
        """Tie the clock to UTC, at the start and every 10 s; cheap to call often."""
        if not self._anchors or self.now() - self._anchors[-1].t >= _ANCHOR_EVERY:
            self._anchors.append(anchor(self._clock, self._meta.origin))

    def recent(self, over: int) -> History:
        """The last `over` ns, as far as they are known by now: what guards and the live view look at."""
        since = self.now() - over
        with self._lock:
            requests = [batch for last, batch in self._recent if last >= since]
            history = History(
                self._meta,
                self._topology,
                self._names,
                concatenate(requests),
                tuple(self._events),
                tuple(reading for reading in self._recent_readings if reading.t >= since),
            )
        return history.since(since)

    def finish(self, stopped: str) -> History:
        """Write what is not on disk yet; the whole history, as whoever judges it later will read it back.

        Raises:
            OSError: the disk would not take it.
        """
        with self._lock:
            self._meta = replace(self._meta, stopped=stopped)
            self._anchors.append(anchor(self._clock, self._meta.origin))
            self._events.sort(key=lambda event: event.t)
            self._write_part()
            self._write_reading_part()
            store.write_generated(self.directory, self._generated)
            store.write_events(self.directory, self._events)
            self._write_run()
        return store.read_history(self.directory, self._names)


def _at_hand(plan: Plan) -> int:
    """How much of the run is asked for while it goes on: by its guards, and by the steady state before the faults."""
    before = min((entry.start for entry in plan.entries), default=0) if plan.steady else 0
    return max([_AT_HAND_AT_LEAST, before, *(guard.over for _name, guard in plan.guards)])
