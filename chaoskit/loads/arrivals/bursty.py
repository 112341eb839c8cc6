"""Bursts of arrivals with nothing between: an on/off source.

    | x xx  x |               | xxx x  x|         on, off, on, ...

Poisson at `rate` while it is on, which it is for on / (on + off) of the time: the mean rate is `rate` times that.
With exponential periods it is the interrupted Poisson process (Kuczura, Bell System Technical Journal 52(3), 1973).
The bursts are those of the whole load: all of its client hosts are on at the same time, as in a flash crowd.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

import numpy as np

from chaoskit.core.errors import UsageError
from chaoskit.core.units import NS, Duration, Rate, duration, rate
from chaoskit.loads.arrivals import CHUNK


class Periods(StrEnum):
    """How long the times on and off are."""

    EXPONENTIAL = "exponential"
    """Random, of that mean."""
    FIXED = "fixed"


@dataclass(frozen=True)
class Bursty:
    """See the module; the first burst begins at 0.

    Attributes:
        rate: arrivals a second while on.
        on: seconds a burst lasts, on average or each.
        off: seconds between two bursts, likewise.
    """

    rate: float
    on: float
    off: float
    periods: Periods = Periods.EXPONENTIAL

    @property
    def mean(self) -> float:
        """Arrivals a second in the long run."""
        return self.rate * self.on / (self.on + self.off)

    def times(self, duration_s: float, rng: random.Random) -> Iterator[float]:
        """Intended starts in seconds, ascending, below `duration_s`; another rate has the same bursts."""
        chance = random.Random(rng.getrandbits(128))
        draw = np.random.default_rng(rng.getrandbits(128))
        start = 0.0
        while start < duration_s:
            end = start + self._length(self.on, chance)
            for low, high in _pieces(start, min(end, duration_s), self.rate):
                moments = np.sort(draw.uniform(low, high, draw.poisson(self.rate * (high - low))))
                yield from moments[moments < duration_s].tolist()
            start = end + self._length(self.off, chance)

    def whole(self, duration_s: float, rng: random.Random) -> Iterator[float]:
        """The arrivals of all clients together."""
        return self.times(duration_s, rng)

    def rate_at(self, t: float) -> float:
        """The expected rate a second at `t` seconds.

        That of an exponential source comes from its state's two-state Markov chain, which is on at 0.
        """
        if self.periods is Periods.FIXED:
            return self.rate if t % (self.on + self.off) < self.on else 0.0
        return self.mean + (self.rate - self.mean) * math.exp(-(1 / self.on + 1 / self.off) * max(0.0, t))

    def part(self, of: int) -> Bursty:
        """Bursts at one `of`-th of the rate."""
        return replace(self, rate=self.rate / of)

    @property
    def title(self) -> str:
        """How a plan calls it."""
        how = "each" if self.periods is Periods.FIXED else "on average"
        return f"bursts of {self.rate:g}/s, {self.on:g} s on and {self.off:g} s off {how} (mean {self.mean:g}/s)"

    def _length(self, mean: float, chance: random.Random) -> float:
        return mean if self.periods is Periods.FIXED else chance.expovariate(1 / mean)


def bursty(rate_on: Rate, *, on: Duration, off: Duration, periods: str = Periods.EXPONENTIAL) -> Bursty:
    """Bursts: Poisson at a rate for a while, then nothing for a while, and so on, from a burst at the start.

    The mean rate is `rate_on` times on / (on + off).

    Args:
        rate_on: arrivals a second within a burst.
        on: how long a burst lasts.
        off: how long it is quiet between two of them.
        periods: `exponential`, random lengths of these means; or `fixed`.

    Raises:
        UsageError: a period is zero, or its kind unknown.
    """
    kinds = tuple(Periods)
    if periods not in kinds:
        raise UsageError(f"bursts with {periods!r} periods: there are {' and '.join(kinds)}")
    lengths = duration(on) / NS, duration(off) / NS
    if not all(lengths):
        raise UsageError("bursts are on for a while and off for a while", remedy="Use poisson(...) without a pause.")
    return Bursty(rate(rate_on), *lengths, Periods(periods))


def _pieces(start: float, end: float, rate_on: float) -> Iterator[tuple[float, float]]:
    """A burst in parts with so few arrivals each that making them holds nobody up; Poisson ones are independent."""
    count = max(1, math.ceil(rate_on * (end - start) / CHUNK))
    bounds = [start + (end - start) * i / count for i in range(count)] + [end]
    yield from pairwise(bounds)
