"""The recorder: takes in everything that happens in a run, keeps the last of it at hand, writes all of it.

Sources call in from their own threads: the load generator with batches of requests, probes with
readings, the runner with events. Requests go to disk in parts, so that a run that is killed keeps
what it had and a long one needs bounded memory.
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
_AT_HAND = 60 * NS
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
        self._recent: deque[tuple[int, Requests]] = deque()
        self._unwritten: list[Requests] = []
        self._parts = 0
        self._flushed = 0
        self._flushed_at = 0
        self._events: list[Event] = []
        self._readings: list[Reading] = []
        self._generated: tuple[Generated, ...] = ()
        self._anchors: list[Anchor] = []
        store.write_run(directory, meta, plan.topology, (), self._plan)

    @property
    def meta(self) -> Meta:
        """What is known of the run by now."""
        return self._meta

    def now(self) -> int:
        """Nanoseconds since the run's origin; negative before it."""
        return self._clock.now() - self._meta.origin

    def starts_at(self, origin: int) -> None:
        """The origin is decided; what was recorded before it moves along."""
        with self._lock:
            shift = self._meta.origin - origin
            self._meta = replace(self._meta, origin=origin)
            self._events = [replace(event, t=event.t + shift) for event in self._events]
            self._readings = [replace(reading, t=reading.t + shift) for reading in self._readings]
            self._anchors = [Anchor(one.t + shift, one.utc) for one in self._anchors]

    def learn(self, **facts: Json) -> None:
        """Add to what is recorded of the environment."""
        self._meta = replace(self._meta, environment={**self._meta.environment, **facts})

    def requests(self, batch: Requests) -> None:
        """A batch of finished requests."""
        last = int(batch.ended.max(initial=0))
        with self._lock:
            self._recent.append((last, batch))
            self._unwritten.append(batch)
            while self._recent[0][0] < self.now() - _AT_HAND and len(self._recent) > 1:
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
            store.append_events(self.directory, self._events[self._flushed :])
            self._flushed = len(self._events)

    def _write_part(self) -> None:
        if self._unwritten:
            store.write_requests(self.directory, self._parts, concatenate(self._unwritten))
            self._parts += 1
            self._unwritten = []

    def reading(self, reading: Reading) -> None:
        """One reading of a probe."""
        with self._lock:
            self._readings.append(reading)

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
                tuple(self._readings),
            )
        return history.since(since)

    def finish(self, stopped: str) -> History:
        """Write what is not on disk yet, and read nothing back: the whole history comes from the directory.

        Raises:
            OSError: the disk would not take it.
        """
        with self._lock:
            self._meta = replace(self._meta, stopped=stopped)
            self._anchors.append(anchor(self._clock, self._meta.origin))
            self._events.sort(key=lambda event: event.t)
            self._write_part()
            store.write_readings(self.directory, self._readings)
            store.write_generated(self.directory, self._generated)
            (self.directory / store.EVENTS).unlink(missing_ok=True)
            store.append_events(self.directory, self._events)
            store.write_run(self.directory, self._meta, self._topology, self._anchors, self._plan)
        return store.read_history(self.directory, self._names)
