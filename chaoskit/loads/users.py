"""The users of a closed loop, on one client host: each asks, waits for the answer, thinks, and asks again.

    engine --first arrivals--> Users --take_up--> stream of the protocol
                                 ^                      |
                                 +---- the call ended --+

The schedule has the first request of every user; the later ones are due a time to think after an answer, whatever
that was. An open loop's way through the engine does not know of all this: the protocol's stream tells of each request
that got its row.
"""

from __future__ import annotations

import heapq
import random
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from chaoskit.core.mix import parts_of
from chaoskit.loads.arrivals.closed import Closed
from chaoskit.loads.call import Call
from chaoskit.loads.loop import FAR
from chaoskit.loads.stream import Stream

if TYPE_CHECKING:
    from chaoskit.loads.engine import Engine
    from chaoskit.loads.work import Client, Job

_BURST = 32
"""Requests that are sent before the loop looks for answers again, as of the engine."""


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
        "_thinks",
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
        self._thinks = arrivals.think > 0
        self._streams = list(streams)
        self._end = end
        self._bounds = list(accumulate(part.share for part in parts_of(job.request)))[:-1]
        self._chance = random.Random(f"{engine.seed}/{job.name}/{client.host}/users")
        self._due: list[int] = []
        self._next = FAR
        for one in streams:
            one.ended = self._ended

    def arrive(self, due: int, now: int) -> int:
        """A user comes, with the first request."""
        self.users += 1
        self.taken += 1
        return self._begin(due, now)

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

    def _begin(self, due: int, now: int) -> int:
        """Have a user ask; returns the time."""
        stream = self._streams[bisect_right(self._bounds, self._chance.random()) if self._bounds else 0]
        return stream.arrive(due, now)

    def _ended(self, now: int) -> None:
        """Whatever the answer was, its user thinks, and then asks again."""
        self.recorded += 1
        due = now + self._arrivals.draw(self._chance) if self._thinks else now
        if due < self._end:
            self.taken += 1
            self.asked += 1
            heapq.heappush(self._due, due)
            if due < self._next:
                self._wake_at(due)

    def _wake_at(self, moment: int) -> None:
        self._next = moment
        self.loop.at(moment, self._go_on)

    def _go_on(self, now: int) -> None:
        """Have users ask who meant to by now, but not too many at once."""
        self._next = now  # whoever is done at once does not bring this here again, the end of it does
        due = self._due
        for _ in range(_BURST):
            if not due or due[0] > now:
                break
            now = self._begin(heapq.heappop(due), now)
        self._next = FAR
        if due:
            self._wake_at(max(due[0], now + 1))
