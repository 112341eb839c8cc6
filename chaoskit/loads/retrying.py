"""A retry policy at work, for one load from one client host: how long to wait, and whether the budget allows it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from chaoskit.core.retry import Jitter, Retry
from chaoskit.core.units import NS

if TYPE_CHECKING:
    from chaoskit.loads.loop import Loop

WINDOW = 10 * NS
"""What first attempts add to a budget is of use for so long: the default of Finagle's `RetryBudget`."""
_TICK = NS // 10
_WHOLE = 1 - 1e-9
"""A token, but for what rounding takes off the sum of its parts."""


class Budget:
    """A bucket of tokens: a first attempt puts a share of one in, a further attempt takes a whole one out.

    As Finagle's retry budget, without its reserve of further attempts that nobody has paid for. First attempts are
    not counted one by one, which would cost those who arrive, but by looking at their total.

    Args:
        share: of a token, for each first attempt.
        total: how many first attempts there were until now.
        loop: to look every 100 ms, so that what is in the bucket is known by age; None for who looks by `look`.
    """

    def __init__(self, share: float, total: Callable[[], int], loop: Loop | None = None) -> None:
        self._share = share
        self._total = total
        self._seen = 0
        self._tokens: deque[tuple[int, float]] = deque()
        if loop is not None:
            self._tick(loop, 0)

    def look(self, now: int) -> None:
        """Count the first attempts since the last look, and let go of what is too old."""
        total = self._total()
        if total > self._seen:
            self._tokens.append((now, (total - self._seen) * self._share))
            self._seen = total
        while self._tokens and self._tokens[0][0] <= now - WINDOW:
            self._tokens.popleft()

    def takes(self, now: int) -> bool:
        """Take a token, the oldest parts first; false where there is no whole one."""
        self.look(now)
        if sum(amount for _, amount in self._tokens) < _WHOLE:
            return False
        owed = 1.0
        while owed > 0 and self._tokens:
            moment, amount = self._tokens.popleft()
            if amount > owed:
                self._tokens.appendleft((moment, amount - owed))
            owed -= amount
        return True

    def _tick(self, loop: Loop, now: int) -> None:
        self.look(now)
        loop.at(now + _TICK, lambda moment: self._tick(loop, moment))


class Waits:
    """The waits of one client host, drawn from its own source of chance."""

    def __init__(self, policy: Retry, seed: str) -> None:
        self._policy = policy
        self._chance = Random(seed)

    def next(self, failures: int) -> int:
        """The wait after so many failed attempts, in ns."""
        longest = self._policy.longest(failures)
        if longest and self._policy.jitter is Jitter.FULL:
            return self._chance.randrange(longest + 1)
        return longest
