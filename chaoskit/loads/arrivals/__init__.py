"""Arrival processes: when requests are meant to start, whatever becomes of the earlier ones.

Here are those at a rate; the modules beside this one have the others: `paced`, `bursty`, a `trace` replayed, and
`closed`, which is the exception: its users do wait for their answers.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from chaoskit.core.units import Rate
from chaoskit.loads.arrivals.blocks import Blocks
from chaoskit.loads.shapes import Floats, Shape, flat

CHUNK = 512
"""Arrivals made at once: enough for numpy to pay, few enough not to hold the engine up (0.1 ms)."""


@dataclass(frozen=True)
class Poisson:
    """Independent arrivals: what many unrelated users are. The rate may change over time."""

    shape: Shape

    def times(self, duration_s: float, rng: random.Random) -> Iterator[float]:
        """Intended starts in seconds, ascending, below `duration_s`."""
        position = 0.0
        uniform = np.random.default_rng(rng.getrandbits(128)).random

        def counts() -> Floats:
            nonlocal position
            chunk = position - np.cumsum(np.log1p(-uniform(CHUNK)))
            position = float(chunk[-1])
            return chunk

        return invert(self.shape, counts, duration_s)

    def rate_at(self, t: float) -> float:
        """The intended rate a second at `t` seconds."""
        return self.shape.rate_at(t)

    def part(self, of: int) -> Poisson:
        """What one of `of` clients contributes."""
        return replace(self, shape=self.shape.scaled(1 / of))

    @property
    def title(self) -> str:
        """How a plan calls it."""
        return f"Poisson, {self.shape.title}"


@dataclass(frozen=True)
class Constant:
    """Evenly spread arrivals from a random phase: a metronome, not a crowd. The rate may change over time."""

    shape: Shape

    def times(self, duration_s: float, rng: random.Random) -> Iterator[float]:
        """Intended starts in seconds, ascending, below `duration_s`; the first one is within one gap."""
        position = rng.random()

        def counts() -> Floats:
            nonlocal position
            chunk = position + np.arange(CHUNK, dtype=np.float64)
            position += CHUNK
            return chunk

        return invert(self.shape, counts, duration_s)

    def rate_at(self, t: float) -> float:
        """The intended rate a second at `t` seconds."""
        return self.shape.rate_at(t)

    def part(self, of: int) -> Constant:
        """What one of `of` clients contributes; each has a phase of its own."""
        return replace(self, shape=self.shape.scaled(1 / of))

    @property
    def title(self) -> str:
        """How a plan calls it."""
        return f"constant, {self.shape.title}"


def poisson(rate_or_shape: Rate | Shape) -> Poisson:
    """Poisson arrivals at a rate such as `"400/s"`, or along a shape such as `ramp("10/s", "400/s", over="10s")`."""
    return Poisson(shape_of(rate_or_shape))


def constant(rate_or_shape: Rate | Shape) -> Constant:
    """Evenly spread arrivals at a rate such as `"400/s"`, or along a shape."""
    return Constant(shape_of(rate_or_shape))


def shape_of(value: Rate | Shape) -> Shape:
    """A shape as it is, a rate as one that does not change.

    Raises:
        UsageError: the text is no rate, or is negative.
    """
    return flat(value) if isinstance(value, str | int | float) else value


def invert(shape: Shape, counts: Callable[[], Floats], duration_s: float) -> Iterator[float]:
    """Map ascending counts of arrivals to times, chunk by chunk, until the end is reached."""

    def chunks() -> Iterator[Floats]:
        while True:
            times = shape.inverse(counts())
            within = times[: int(np.searchsorted(times, duration_s, side="left"))]
            yield within
            if len(within) < len(times):
                return

    return Blocks(chunks())
