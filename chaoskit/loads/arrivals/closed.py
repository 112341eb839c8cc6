"""A closed loop: so many users, each of whom waits for an answer, thinks, and asks again.

    user  |--think--|==request==|-----think-----|=request=|--think-- ...
                    ^ meant to start: latency counts from here

Demand is finite: when answers take longer, fewer requests come. That is what a fixed group of people or of worker
processes does, and why a closed loop hides how bad an outage is: a user who waits asks nothing, so that a stop of
two seconds is one slow request a user and not two seconds of requests (Schroeder, Wierman, Harchol-Balter, Open
Versus Closed: A Cautionary Tale, NSDI 2006). Checks on latency do not judge it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from chaoskit.core.errors import UsageError
from chaoskit.core.units import NS, Duration, duration, show_duration


class Thinking(StrEnum):
    """How the times that users think are spread."""

    EXPONENTIAL = "exponential"
    CONSTANT = "constant"


@dataclass(frozen=True)
class Closed:
    """See the module.

    Attributes:
        users: of the whole load; they are dealt to its client hosts in turn.
        think: ns from an answer to the user's next request, on average or always.
        answer: ns an answer is expected to take: for plans only.
    """

    users: int
    think: int
    thinking: Thinking = Thinking.EXPONENTIAL
    answer: int = 0

    def times(self, duration_s: float, rng: random.Random) -> Iterator[float]:
        """When users start their first requests, in seconds, ascending, below `duration_s`.

        The later ones depend on the answers. Users come at random moments, as if they had been there before: after
        an exponential time where they think for one, within the first think time where it is constant.
        """
        first = sorted(self.draw(rng) * (rng.random() if self._constant else 1) / NS for _ in range(self.users))
        return iter([moment for moment in first if moment < duration_s])

    def whole(self, duration_s: float, rng: random.Random) -> Iterator[float]:
        """The first requests of all users, those of all clients together."""
        return self.times(duration_s, rng)

    def draw(self, rng: random.Random) -> int:
        """A time to think, in ns."""
        if not self.think or self._constant:
            return self.think
        return round(rng.expovariate(1 / self.think))

    def rate_at(self, t: float) -> float:
        """What is expected: users / (think + answer) a second, the interactive response time law.

        Denning, Buzen, The Operational Analysis of Queueing Network Models, Computing Surveys 10(3), 1978. It is
        the most that can come; longer answers make it less.
        """
        return self.users * NS / (self.think + self.answer)

    def part(self, of: int) -> Closed:
        """Its share of the users, to the next whole one."""
        return replace(self, users=math.ceil(self.users / of))

    @property
    def title(self) -> str:
        """How a plan calls it."""
        thinking = f"who think {show_duration(self.think)}{'' if self._constant else ' on average'}"
        return f"closed loop, {self.users:,} users {thinking if self.think else 'without a pause'}"

    @property
    def _constant(self) -> bool:
        return self.thinking is Thinking.CONSTANT


def closed(
    users: int, *, think: Duration = 0, thinking: str = Thinking.EXPONENTIAL, answer: Duration = "10ms"
) -> Closed:
    """A closed loop of users who wait for each answer; checks on latency are unknown on it.

    Args:
        users: how many, all client hosts together.
        think: how long a user waits between an answer and the next request.
        thinking: `exponential`, random times of that mean; or `constant`.
        answer: how long an answer is expected to take; a plan uses it to say how many requests to expect.

    Raises:
        UsageError: there is no user, think and answer are both zero, or the way of thinking is unknown.
    """
    kinds = tuple(Thinking)
    if thinking not in kinds:
        raise UsageError(f"users whose thinking is {thinking!r}: there are {' and '.join(kinds)}")
    if users < 1:
        raise UsageError(f"a closed loop of {users} users", remedy="It takes one at least.")
    pause, expected = duration(think), duration(answer)
    if not pause + expected:
        raise UsageError("neither thinking nor an answer takes any time", remedy="Say how long an answer may take.")
    return Closed(users, pause, Thinking(thinking), expected)
