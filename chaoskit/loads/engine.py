"""The open-loop engine: one thread, one event loop, all loads of all client hosts.

Arrivals are taken up when they are due, whatever became of the earlier ones. After a few of them the
loop always looks for answers, so that a backlog can neither open thousands of connections at once nor
delay the reading of answers, which would show up as latency.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable
from itertools import count
from pathlib import Path
from time import monotonic_ns

from chaoskit.core.history import Generated
from chaoskit.loads.arrivals.closed import Closed
from chaoskit.loads.call import ENDED, Call
from chaoskit.loads.columns import Labels, Rows
from chaoskit.loads.course import Course, CourseSchedule
from chaoskit.loads.legs import account, schedule_of, streams_of
from chaoskit.loads.loop import FAR
from chaoskit.loads.network import Networks
from chaoskit.loads.schedule import Moments
from chaoskit.loads.transport import transport
from chaoskit.loads.work import Work

_BURST = 32
"""Due requests that are sent before the loop looks for answers again."""
_COLLECT = (100_000, 50, 100)
"""Requests under way are many and short-lived; with the usual threshold of 700 the collector costs a quarter."""
_CLEAR = 1_000_000
"""ns between two looks at the queues of deadlines, unless one comes before."""
_FLUSH = 100_000_000
_SWEEP = 100_000_000


class Engine:
    """Does the work it is given; make it and run it in one thread of its own, which may change its network.

    Args:
        work: what to do.
        emit: gets rows, as `columns.ROW` has them, about every 100 ms; must not block.
        emit_attempts: gets rows of attempts that failed and were followed by another, as `emit` does.

    Attributes:
        lab: address ranges of the lab.
        owned: whether loads that were written to go anywhere may leave it.
        attempts: rows of attempts, see `Stream.retry`.
        seed: of everything that is left to chance.
        origin: CLOCK_MONOTONIC ns of t = 0.
        duration: ns from there during which arrivals come.
        numbers: for streams that need a number no other request of the run has.
        failure: what ended the run before its time, see `fail`.

    Raises:
        TargetRefused: a load's literal address lies outside the lab; nothing was sent.
        LabError: a client's namespace cannot be entered.
    """

    def __init__(
        self, work: Work, emit: Callable[[bytes], None], emit_attempts: Callable[[bytes], None] = lambda _rows: None
    ) -> None:
        self.now = monotonic_ns
        self.labels = Labels()
        self.rows = Rows(emit)
        self.attempts = Rows(emit_attempts, capacity=1024)
        self.seed, self.origin, self.duration = work.seed, work.origin, work.duration
        self.again: deque[Call] = deque()
        self.networks = Networks()
        self.transport = transport()
        self.loop = self.transport.loop()
        self.lab, self.owned = work.networks, work.owned
        self.numbers = count(1)
        self.failure: BaseException | None = None
        self._work = work
        self._deadlines: dict[int, deque[Call]] = {}
        self._stopping = False
        self._moves: deque[tuple[str, Path]] = deque()
        self._streams = streams_of(self, work)
        self._closed = any(isinstance(job.arrivals, Closed) for job in work.jobs)
        self.loop.reactive = self._closed
        schedule, width = schedule_of(work), len(self._streams)
        self._schedule = schedule if work.course is None else CourseSchedule(schedule, width, work.course)
        self._moments: list[int] = []
        self._owners: list[int] = []
        self._next = 0
        self._due = FAR
        self._deadline = FAR
        self._look = 0
        self._backlog = False

    def deadlines(self, timeout: int) -> deque[Call]:
        """The queue of requests with one timeout: arrivals are in order, so their deadlines are as well."""
        return self._deadlines.setdefault(timeout, deque())

    def stop(self) -> None:
        """End arrivals now and abandon what is under way; for other threads."""
        self._stopping = True
        self.loop.wake()

    def fail(self, error: BaseException) -> None:
        """As `stop`, because of a mistake outside of the engine: what was recorded is kept and accounted for."""
        self.failure = self.failure or error
        self.stop()

    def move(self, host: str, netns: Path) -> None:
        """A client host came back with a new network; for other threads."""
        self._moves.append((host, netns))
        self.loop.wake()

    def recast(self, course: Course) -> None:
        """Go another way, where the work has a course; for other threads."""
        self.loop.post(lambda: self._recast(course))

    @property
    def course(self) -> CourseSchedule | None:
        """The schedule, where it is shared with other engines."""
        return self._schedule if isinstance(self._schedule, CourseSchedule) else None

    def run(self) -> tuple[Generated, ...]:
        """Generate the load until its end and account for it.

        Raises:
            TargetRefused: a name resolved to an address outside the lab; nothing was sent there.
        """
        usual = gc.get_threshold()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_COLLECT)
        try:
            return self._account(self._go())
        finally:
            gc.set_threshold(*usual)
            gc.unfreeze()
            self._close()

    def _go(self) -> int:
        """Run until the end; returns when that was, ns from the origin."""
        self.loop.at(self.now() + _FLUSH, self._flush)
        self.loop.at(self.now() + _SWEEP, self._sweep)
        self._advance()
        while self._due != FAR or self._live():
            if self._moves:
                self._move()
            now = self._send_due(self.now())
            if now >= self._look:
                self._expire(now)
            nearest = min(self._due, self._deadline, self.loop.due(now))
            if self._stopping:
                until = min(self._work.duration, self.now() - self._work.origin)
                self._abandon(until)
                self.rows.flush()
                return until
            self.loop.wait(0 if self.again or self._backlog else nearest, now)
        self.rows.flush()
        return self._work.duration

    def _move(self) -> None:
        host, netns = self._moves.popleft()
        mine = [one for one in self._streams if one.client == host]
        for handle in {one.network for one in mine}:
            if self.networks.renew(handle, netns):
                for one in mine:
                    one.moved()

    def _live(self) -> bool:
        """Whether any request is under way."""
        return any(one.taken != one.recorded + one.abandoned for one in self._streams)

    def _send_due(self, now: int) -> int:
        """Take up arrivals that are due, but not too many at once; returns the time."""
        if self.again:
            self._try_again(now)
        self._backlog = False
        due = self._due
        if due > now:
            return now
        streams, moments, owners, position = self._streams, self._moments, self._owners, self._next
        last = position + _BURST
        while due <= now and position < last:
            now = streams[owners[position]].arrive(due, now)
            position += 1
            due = moments[position]
        self._next, self._due = position, due
        if due == FAR:
            self._advance()
        else:
            self._backlog = position == last
        return now

    def _try_again(self, now: int) -> None:
        for _ in range(min(len(self.again), _BURST)):
            call = self.again.popleft()
            if call.phase != ENDED:
                call.stream.start(call, now)

    def _advance(self) -> None:
        """Get the next slice of the schedule."""
        self._follow(*self._schedule.take())

    def _recast(self, course: Course) -> None:
        if self.course is not None:
            self._follow(*self.course.recast(course, self._next))
            if self._due == FAR:
                self._advance()

    def _follow(self, moments: Moments, owners: Moments) -> None:
        """What is due next; a moment that never comes marks the end."""
        self._moments = [*(moments + self._work.origin).tolist(), FAR]
        self._owners = owners.tolist()
        self._next = 0
        self._due = self._moments[0]

    def _expire(self, now: int) -> None:
        """End requests whose timeout has come, and say when to look again.

        Nearly all have ended by themselves, and it is cheaper to clear many of them away at once. No later arrival of
        the schedule is due before `_due`, and none of a closed loop before now, so none can expire before that plus
        its timeout.
        """
        self._deadline = FAR
        later = min(self._due, now) if self._closed else self._due
        for timeout, queue in self._deadlines.items():
            deadline = later + timeout
            while queue:
                call = queue[0]
                if call.phase != ENDED:
                    if call.due + timeout > now:
                        deadline = call.due + timeout
                        break
                    call.stream.expired(call, now)
                queue.popleft()
            self._deadline = min(self._deadline, deadline)
        self._look = min(self._deadline, now + _CLEAR)

    def _flush(self, now: int) -> None:
        self.rows.flush()
        self.attempts.flush()
        self.loop.at(now + _FLUSH, self._flush)

    def _sweep(self, now: int) -> None:
        for one in self._streams:
            one.sweep(now)
        self.loop.at(now + _SWEEP, self._sweep)

    def _abandon(self, until: int) -> None:
        last = until + self._work.origin
        while self._due <= last:
            self._streams[self._owners[self._next]].abandon()
            self._next += 1
            self._due = self._moments[self._next]
            if self._due == FAR:
                self._advance()
        for queue in self._deadlines.values():
            for call in queue:
                if call.phase != ENDED:
                    call.stream.abandon(call)

    def _close(self) -> None:
        for one in self._streams:
            one.close()
        self.attempts.flush()
        self.loop.close()
        self.networks.close()

    def _account(self, until: int) -> tuple[Generated, ...]:
        return account(self._streams, self._schedule.owed(until), until + self._work.origin)
