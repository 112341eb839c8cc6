"""The users of a closed loop, on one client host: each asks, waits for the answer, thinks, and asks again.

    engine --first arrivals--> Users --take_up--> stream of the protocol
                                 ^                      |
                                 +---- the call ended --+

The schedule has the first request of every user; the later ones are due a time to think after an answer, whatever
that was. An open loop's way through the engine does not know of all this: a call of a user tells by itself when it
ends.
"""

from __future__ import annotations

import heapq
import random
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from chaoskit.core.mix import parts_of
from chaoskit.loads.arrivals.closed import Closed
from chaoskit.loads.call import ENDED, Call
from chaoskit.loads.loop import FAR
from chaoskit.loads.stream import Stream

if TYPE_CHECKING:
    from chaoskit.loads.engine import Engine
    from chaoskit.loads.work import Client, Job

_BURST = 32
"""Requests that are sent before the loop looks for answers again, as of the engine."""
_AGAIN = 1_000_000
"""ns until the next look at a call whose timeout has come but which is there still."""


class ClosedCall(Call):
    """A call that tells when it ends, however it does."""

    __slots__ = ("_ended", "_phase")

    def __init__(self, stream: Stream, due: int, taken: int, ended: Callable[[ClosedCall], None]) -> None:
        self._ended = ended
        self._phase = ENDED
        super().__init__(stream, due, taken)

    @property
    def phase(self) -> int:
        """As of `Call`."""
        return self._phase

    @phase.setter
    def phase(self, value: int) -> None:
        over = value == ENDED != self._phase
        self._phase = value
        if over:
            self._ended(self)


class Users(Stream):
    """See the module. It passes for a stream: it is told of first requests, and accounts for all of them.

    Args:
        engine: whose thread everything runs in.
        job: the load.
        client: where the users are.
        arrivals: how they think.
        streams: for each request of the load, in the order of `parts_of`.
        end: when the last request may be meant to start, ns of CLOCK_MONOTONIC.

    Attributes:
        asked: requests that came, or will come, after a user's first one.
    """

    __slots__ = (
        "_arrivals",
        "_bounds",
        "_chance",
        "_due",
        "_end",
        "_next",
        "_streams",
        "_under_way",
        "_watched",
        "asked",
        "users",
    )

    def __init__(
        self, engine: Engine, job: Job, client: Client, arrivals: Closed, streams: Sequence[Stream], end: int
    ) -> None:
        super().__init__(engine, job, client)
        self.users = 0
        self.asked = 0
        self._arrivals = arrivals
        self._streams = list(streams)
        self._end = end
        self._bounds = list(accumulate(part.share for part in parts_of(job.request)))[:-1]
        self._chance = random.Random(f"{engine.seed}/{job.name}/{client.host}/users")
        self._due: list[int] = []
        self._next = FAR
        self._under_way: dict[ClosedCall, None] = {}
        self._watched = False

    def arrive(self, due: int, now: int) -> int:
        """A user comes, with the first request."""
        self.users += 1
        self.taken += 1
        self._begin(due, now)
        return self._engine.now()

    def start(self, call: Call, now: int) -> None:
        """Calls are of the streams of the protocol, which start them again themselves."""
        call.stream.start(call, now)

    def sweep(self, now: int) -> None:
        """Pass it on."""
        for one in self._streams:
            one.sweep(now)

    def moved(self) -> None:
        """Pass it on: users stay, their connections do not."""
        for one in self._streams:
            one.moved()

    def close(self) -> None:
        """Pass it on."""
        for one in self._streams:
            one.close()

    def settle(self, until: int) -> int:
        """Account for the end: whoever meant to ask by then, in ns of CLOCK_MONOTONIC, and did not, is abandoned.

        Returns:
            How many requests came beside the first ones.
        """
        waiting = sum(due <= until for due in self._due)
        self.asked -= len(self._due) - waiting
        self._due.clear()
        self.recorded = sum(one.recorded for one in self._streams)
        self.abandoned += waiting + sum(one.abandoned for one in self._streams)
        return self.asked

    def _begin(self, due: int, now: int) -> None:
        stream = self._streams[bisect_right(self._bounds, self._chance.random()) if self._bounds else 0]
        call = ClosedCall(stream, due, now, self._ended)
        self._under_way[call] = None
        self._watch(due + self.timeout)
        stream.take_up(call, now)

    def _ended(self, call: ClosedCall) -> None:
        """Whatever the answer was, its user thinks, and then asks again."""
        self._under_way.pop(call, None)
        self.recorded += 1
        due = self._engine.now() + self._arrivals.draw(self._chance)
        if due < self._end:
            self.taken += 1
            self.asked += 1
            heapq.heappush(self._due, due)
            self._wake_at(due)

    def _wake_at(self, moment: int) -> None:
        if moment < self._next:
            self._next = moment
            self.loop.at(moment, self._go_on)

    def _go_on(self, now: int) -> None:
        """Have users ask who meant to by now, but not too many at once."""
        self._next = FAR
        for _ in range(_BURST):
            if not self._due or self._due[0] > now:
                break
            self._begin(heapq.heappop(self._due), self._engine.now())
        if self._due:
            self._wake_at(max(self._due[0], now + 1))

    def _watch(self, deadline: int) -> None:
        """Have the loop awake when a timeout comes: the engine reckons with those of scheduled arrivals only."""
        if not self._watched:
            self._watched = True
            self.loop.at(deadline, self._look)

    def _look(self, now: int) -> None:
        self._watched = False
        oldest = next(iter(self._under_way), None)
        if oldest is not None:
            self._watch(max(oldest.due + self.timeout, now + _AGAIN))
