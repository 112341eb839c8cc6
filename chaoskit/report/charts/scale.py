"""Where values fall on an axis, and which of them are written beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from chaoskit.core.units import NS, show_duration

_STEPS = (1, 2, 5, 10)
_TIME_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)


@dataclass(frozen=True)
class Tick:
    """A mark at a place of the axis (0 at its start, 1 at its end), and its text."""

    at: float
    text: str


@dataclass(frozen=True)
class Linear:
    """From zero up to `top`."""

    top: float

    def at(self, value: float) -> float:
        """The place of a value, 0..1; what lies above the axis is drawn at its end."""
        return min(1.0, max(0.0, value / self.top))

    def ticks(self, most: int = 3) -> list[Tick]:
        """Zero and round values up to the top."""
        step = nice_step(self.top, most)
        return [Tick(self.at(i * step), f"{i * step:,g}") for i in range(int(self.top / step + 1e-9) + 1)]


@dataclass(frozen=True)
class Log:
    """Seconds on a logarithmic axis."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """The place of a value, 0..1; what lies outside is drawn at the nearer end."""
        value = min(self.high, max(self.low, value))
        return math.log(value / self.low) / math.log(self.high / self.low)

    def ticks(self) -> list[Tick]:
        """The powers of ten."""
        powers = range(math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9) + 1)
        return [Tick(self.at(10.0**power), show_duration(round(10.0**power * NS))) for power in powers]


def nice_step(top: float, most: int) -> float:
    """The least of 1, 2, 5, 10, ... times a power of ten that divides `top` into at most `most` parts."""
    power = 10.0 ** math.floor(math.log10(top / most))
    return next(step * power for step in _STEPS if top / (step * power) <= most + 1e-9)


def nice_top(highest: float) -> float:
    """The top of an axis for values up to `highest`: a twelfth above it, so that the line stays clear of the edge."""
    return highest * 13 / 12 if highest > 0 else 1.0


def time_ticks(length: int, most: int = 6) -> list[int]:
    """Round moments of a run in ns, from zero to at most its end."""
    fitting: Sequence[float] = [step for step in _TIME_STEPS_S if length / NS / step <= most]
    step = round((fitting[0] if fitting else length / NS / most) * NS)
    return list(range(0, length + 1, max(1, step)))
