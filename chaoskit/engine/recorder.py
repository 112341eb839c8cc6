"""The recorder: takes in everything that happens in a run, keeps the last of it at hand, writes all of it.

Sources call in from their own threads: the load generator with batches of requests, probes with
readings, the runner with events. Requests and readings go to disk in parts, so that a run that is
killed keeps what it had and a long one needs bounded memory: what guards look at, and what is not yet
written. Nobody who records or asks waits for the disk, but for who happens to complete a part.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from chaoskit.core.clock import Anchor, Clock, anchor
from chaoskit.core.history import Event, Generated, History, Meta, Reading, Requests, concatenate
from chaoskit.core.locustfile import TaskArrivals
from chaoskit.core.step import Json
from chaoskit.core.units import NS
from chaoskit.engine import store
from chaoskit.engine.plan import Plan
from chaoskit.engine.plan_json import plan_json
from chaoskit.engine.sampling import Sampler
from chaoskit.loads.arrivals.closed import Closed

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
        self._disk = threading.Lock()  # taken before the other one, which is never held while a part is written
        self._at_hand = _at_hand(plan)
        self._closed = tuple(_closed(plan))
        self._recent: deque[tuple[int, Requests]] = deque()
        self._recent_readings: deque[Reading] = deque()
        self._unwritten: list[Requests] = []
        self._unwritten_rows = 0
        self._unwritten_readings: list[Reading] = []
        self._unwritten_attempts: list[Requests] = []
        self._sampler = Sampler(meta.one_success_in)
        self._parts = 0
        self._reading_parts = 0
        self._attempt_parts = 0
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
            self._unwritten_rows += len(batch)
            while self._recent[0][0] < self.now() - self._at_hand and len(self._recent) > 1:
                self._recent.popleft()
            full = self._unwritten_rows >= _PART_ROWS
        if full:
            with self._disk:
                self._write_part()

    def attempts(self, batch: Requests) -> None:
        """A batch of attempts that failed and were followed by another."""
        with self._lock:
            self._unwritten_attempts.append(batch)

    def flush(self) -> None:
        """Every 5 s bring what is at hand to the disk, so that a run that is killed keeps what it had."""
        if self.now() - self._flushed_at >= _FLUSH_EVERY:
            self._flushed_at = self.now()
            self._write()

    def _write(self) -> None:
        """Bring everything to the disk."""
        with self._disk:
            self._write_part()
            self._write_attempts()
            self._write_reading_part()
            with self._lock:
                new = self._events[self._flushed :]
                self._flushed += len(new)
            store.append_events(self.directory, new)

    def _write_part(self) -> None:
        with self._lock:
            rows, self._unwritten, self._unwritten_rows = self._unwritten, [], 0
        if not rows:
            return
        try:
            self._write_rows(concatenate(rows))
        except OSError:
            with self._lock:  # there may be room when the run is over
                self._unwritten = rows + self._unwritten
                self._unwritten_rows = sum(map(len, self._unwritten))
            raise
        self._parts += 1

    def _write_rows(self, rows: Requests) -> None:
        if self._meta.one_success_in > 1:
            store.write_counts(self.directory, self._parts, rows)
            rows = self._sampler.chosen(rows)
        store.write_requests(self.directory, self._parts, rows)

    def _write_attempts(self) -> None:
        with self._lock:
            attempts, self._unwritten_attempts = self._unwritten_attempts, []
        if not attempts:
            return
        try:
            store.write_attempts(self.directory, self._attempt_parts, concatenate(attempts))
        except OSError:
            with self._lock:  # as of requests
                self._unwritten_attempts = attempts + self._unwritten_attempts
            raise
        self._attempt_parts += 1

    def _write_reading_part(self) -> None:
        with self._lock:
            readings, self._unwritten_readings = self._unwritten_readings, []
        if readings:
            store.write_readings(self.directory, self._reading_parts, readings)
            self._reading_parts += 1

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
        """The last `over` ns, as far as they are known by now: what guards and the live view look at.

        Every request has a row, also where only some are written.
        """
        since = self.now() - over
        with self._lock:
            requests = [batch for last, batch in self._recent if last >= since]
            history = History(
                replace(self._meta, one_success_in=1),
                self._topology,
                self._names,
                concatenate(requests),
                tuple(self._events),
                tuple(reading for reading in self._recent_readings if reading.t >= since),
                self._closed,
            )
        return history.since(since)

    def so_far(self) -> History:
        """All of the run that is known by now, read back from the disk: it may be more than memory should hold.

        Raises:
            OSError: the disk would not take what is not on it yet.
        """
        self._write()
        with self._lock:
            events = tuple(self._events)
        history = History(
            self._meta,
            self._topology,
            self._names,
            store.read_requests(self.directory),
            events,
            store.read_readings(self.directory),
            self._closed,
        )
        return history.since(0)

    def finish(self, stopped: str) -> History:
        """Write what is not on disk yet; the whole history, as whoever judges it later will read it back.

        Raises:
            OSError: the disk would not take it.
        """
        with self._disk:
            self._write_part()
            self._write_attempts()
            self._write_reading_part()
            with self._lock:
                self._meta = replace(self._meta, stopped=stopped)
                self._anchors.append(anchor(self._clock, self._meta.origin))
                self._events.sort(key=lambda event: event.t)
                self._recent.clear()
                store.write_generated(self.directory, self._generated)
                store.write_events(self.directory, self._events)
                self._write_run()
        return store.read_history(self.directory, self._names)


def _closed(plan: Plan) -> Iterator[Generated]:
    """What is known of closed loops while the run goes on: that their users wait, so that nobody judges latencies."""
    for each in plan.loads:
        if isinstance(each.load.arrivals, Closed | TaskArrivals):
            for client in each.clients:
                yield Generated(each.name, client.name, 0, 0, users=each.load.arrivals.users)


def _at_hand(plan: Plan) -> int:
    """How much of the run its guards, the live view and confirmations look at while it goes on."""
    return max([_AT_HAND_AT_LEAST, *(guard.over for _name, guard in plan.guards)])
