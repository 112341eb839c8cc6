"""Paced arrivals: one in every slot of time, anywhere in it.

    |  x   |x     |     x|   x  |        slots of 1 / rate

Smoother than Poisson (the count up to any moment is off by less than one), less regular than a metronome: what a
fleet of scripted clients with a jittered timer looks like.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from chaoskit.core.units import Rate
from chaoskit.loads.arrivals import CHUNK, invert, shape_of
from chaoskit.loads.shapes import Floats, Shape


@dataclass(frozen=True)
class Paced:
    """One arrival in each slot, uniform within it. The rate, and with it the slots, may change over time."""

    shape: Shape

    def times(self, duration_s: float, rng: random.Random) -> Iterator[float]:
        """Intended starts in seconds, ascending, below `duration_s`."""
        position = 0
        uniform = np.random.default_rng(rng.getrandbits(128)).random

        def counts() -> Floats:
            nonlocal position
            chunk: Floats = position + np.arange(CHUNK) + uniform(CHUNK)
            position += CHUNK
            return chunk

        return invert(self.shape, counts, duration_s)

    def rate_at(self, t: float) -> float:
        """The intended rate a second at `t` seconds."""
        return self.shape.rate_at(t)

    def part(self, of: int) -> Paced:
        """What one of `of` clients contributes, in slots of its own that are so many times as long."""
        return replace(self, shape=self.shape.scaled(1 / of))

    @property
    def title(self) -> str:
        """How a plan calls it."""
        return f"paced, {self.shape.title}"


def paced(rate_or_shape: Rate | Shape) -> Paced:
    """One arrival in each slot of 1 / rate, at a random moment of it; at a rate such as `"400/s"`, or along a shape.

    Raises:
        UsageError: the text is no rate, or is negative.
    """
    return Paced(shape_of(rate_or_shape))
