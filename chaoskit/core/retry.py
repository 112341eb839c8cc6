"""What a client does after a failed attempt: give up, try again at once, or wait first.

    load(..., retries=2)                                    # at once, twice at most
    load(..., retries=Retry.backoff(4, first="50ms"))       # wait longer each time, at random
    load(..., retries=Retry.immediate(2, budget=0.2))       # but never more than a fifth of the first attempts

A retry storm is a queue's positive feedback: the slower the system, the more it is asked. Waiting spreads the
attempts, jitter keeps clients that failed together from coming back together, a budget bounds what they add.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from chaoskit.core.errors import UsageError
from chaoskit.core.units import Duration, duration, show_duration, show_share

MOST = 32_000
"""Further attempts of one request, as many as a history's column holds."""


class Jitter(StrEnum):
    """How chance shapes a wait; the names are those of Marc Brooker, "Exponential Backoff And Jitter" (AWS, 2015)."""

    NONE = "none"
    FULL = "full"
    """Anything from nothing to the whole wait, all equally likely."""


@dataclass(frozen=True)
class Retry:
    """A policy. Make it with `Retry.none`, `Retry.immediate` or `Retry.backoff`.

    Attributes:
        limit: attempts after the first one, at most.
        first: ns before the second attempt; 0 for at once.
        factor: by which each wait is longer than the one before.
        cap: ns no wait exceeds.
        jitter: what chance makes of a wait.
        budget: attempts after the first ones, as a share of these; None for no bound. Each client host counts for
            itself, over the last 10 s, as a client library does in its own process.
    """

    limit: int = 0
    first: int = 0
    factor: float = 2.0
    cap: int = 0
    jitter: Jitter = Jitter.NONE
    budget: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.limit <= MOST:
            raise UsageError(f"{self.limit} retries", remedy=f"Write a number from 0 to {MOST:,}.")
        if self.first < 0 or self.cap < self.first or self.factor < 1:
            raise UsageError(
                f"a backoff from {show_duration(self.first)} to {show_duration(self.cap)} by {self.factor:g}",
                remedy="Waits grow: write a factor of 1 or more, and a cap that is not below the first wait.",
            )
        if self.budget is not None and not 0 <= self.budget < float("inf"):
            raise UsageError(f"a budget of {self.budget:g}", remedy="Write a share of the first attempts such as 0.2.")

    @classmethod
    def none(cls) -> Retry:
        """One attempt, whatever becomes of it."""
        return cls()

    @classmethod
    def immediate(cls, limit: int, *, budget: float | None = None) -> Retry:
        """Try again at once, so often at most."""
        return cls(limit, budget=budget)

    @classmethod
    def backoff(
        cls,
        limit: int,
        *,
        first: Duration = "100ms",
        factor: float = 2.0,
        cap: Duration = "10s",
        jitter: Jitter | str = Jitter.FULL,
        budget: float | None = None,
    ) -> Retry:
        """Wait before each further attempt, longer each time.

        Args:
            limit: further attempts, at most.
            first: the wait before the second attempt; with full jitter its upper end.
            factor: by which the next wait is longer.
            cap: what no wait exceeds.
            jitter: `full` or `none`.
            budget: further attempts as a share of first ones, such as 0.2; None for no bound.

        Raises:
            UsageError: a number makes no sense.
        """
        try:
            shape = Jitter(jitter)
        except ValueError:
            raise UsageError(f"{jitter!r} is no jitter", remedy=f"There are: {', '.join(Jitter)}.") from None
        return cls(limit, duration(first), factor, duration(cap), shape, budget)

    @classmethod
    def of(cls, retries: int | Retry) -> Retry:
        """The policy that a load's `retries=` means: a number is so many at once."""
        return retries if isinstance(retries, Retry) else cls.immediate(retries)

    def longest(self, failures: int) -> int:
        """The wait after so many failed attempts, in ns, before chance has its say."""
        if not self.first:
            return 0
        # A power that overflows is beyond any cap; most caps are reached long before.
        try:
            return min(self.cap, round(self.first * self.factor ** (failures - 1)))
        except OverflowError:
            return self.cap

    @property
    def title(self) -> str:
        """How a plan calls it: `4 retries, backoff 50 ms to 10 s, full jitter, budget 20 %`."""
        if not self.limit:
            return "no retries"
        words = [f"{self.limit} {'retry' if self.limit == 1 else 'retries'}"]
        if self.first:
            words += [f"backoff {show_duration(self.first)} to {show_duration(self.cap)}"]
            words += [f"{self.jitter} jitter" if self.jitter is not Jitter.NONE else "no jitter"]
        else:
            words += ["at once"]
        words += [f"budget {show_share(self.budget)}"] if self.budget is not None else []
        return ", ".join(words)
