r"""Rates over time. Pure: a shape says its rate at any time, and when the n-th arrival is expected.

    ramp    __/--     step  __|--     spike  __|-|__     sine  /\/\/

Arrivals with a rate that changes are made by inversion: with `L(t)` the integral of the rate, unit
gaps `x` map to `L^-1(x)`. A Poisson process of rate 1 becomes one of rate `L'(t)`, a comb becomes
evenly spread arrivals (Cinlar, Introduction to Stochastic Processes, 1975, ch. 4.7).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.errors import UsageError
from chaoskit.core.units import NS, Duration, Rate, duration, rate

Floats = NDArray[np.float64]


class Shape(Protocol):
    """A rate over time: frozen and picklable."""

    @property
    def title(self) -> str:
        """How a plan calls it."""
        ...

    def rate_at(self, t: float) -> float:
        """Arrivals a second at `t` seconds."""
        ...

    def expected(self, t: float) -> float:
        """Arrivals expected from 0 to `t` seconds: the integral of the rate."""
        ...

    def inverse(self, count: Floats) -> Floats:
        """When so many arrivals are expected, in seconds; infinite where that never comes."""
        ...

    def scaled(self, factor: float) -> Shape:
        """The same course at another height."""
        ...


@dataclass(frozen=True)
class Line:
    """A stretch of a rate: from `start` s on, at `rate` a second, which changes by `slope` each second."""

    start: float
    rate: float
    slope: float = 0.0


@dataclass(frozen=True)
class Piecewise:
    """A rate made of lines; the first starts at 0, the last one lasts for ever and is flat."""

    title: str
    lines: tuple[Line, ...]

    def rate_at(self, t: float) -> float:
        """Arrivals a second at `t` seconds."""
        line = [line for line in self.lines if line.start <= t][-1] if t >= 0 else self.lines[0]
        return line.rate + line.slope * max(0.0, t - line.start)

    def expected(self, t: float) -> float:
        """The integral of the rate from 0 to `t` seconds."""
        ends = [line.start for line in self.lines[1:]] + [math.inf]
        return sum(_area(line, min(t, end)) for line, end in zip(self.lines, ends, strict=True) if line.start < t)

    def inverse(self, count: Floats) -> Floats:
        """Solve the quadratic of the line each count falls into, in the form that does not cancel."""
        if len(self.lines) == 1 and self.lines[0].rate and not self.lines[0].slope:
            return self.lines[0].start + count / self.lines[0].rate
        starts = np.array([line.start for line in self.lines])
        rates = np.array([line.rate for line in self.lines])
        slopes = np.array([line.slope for line in self.lines])
        before = np.array([self.expected(start) for start in starts])
        at = np.maximum(np.searchsorted(before, count, side="right") - 1, 0)
        rest = count - before[at]
        root = np.sqrt(np.maximum(rates[at] ** 2 + 2 * slopes[at] * rest, 0.0))
        divisor = rates[at] + root
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.where(divisor > 0, 2 * rest / divisor, np.where(slopes[at] > 0, 0.0, np.inf))
        return np.asarray(starts[at] + step, np.float64)

    def scaled(self, factor: float) -> Piecewise:
        """Every line at another height."""
        lines = tuple(Line(line.start, line.rate * factor, line.slope * factor) for line in self.lines)
        return Piecewise(self.title, lines)


def _area(line: Line, end: float) -> float:
    span = end - line.start
    return (line.rate + line.slope * span / 2) * span


@dataclass(frozen=True)
class Sine:
    """`mean + amplitude * sin(2 pi t / period)`, with the amplitude at most the mean."""

    title: str
    mean: float
    amplitude: float
    period: float

    def rate_at(self, t: float) -> float:
        """Arrivals a second at `t` seconds."""
        return self.mean + self.amplitude * math.sin(2 * math.pi * t / self.period)

    def expected(self, t: float) -> float:
        """The integral of the rate from 0 to `t` seconds."""
        return float(self._expected(np.array([t]))[0])

    def _expected(self, t: Floats) -> Floats:
        turn = 2 * math.pi / self.period
        return np.asarray(self.mean * t + self.amplitude / turn * (1 - np.cos(turn * t)), np.float64)

    def inverse(self, count: Floats) -> Floats:
        """Bisect: the integral rises, and stays within `amplitude * period / pi` above `mean * t`."""
        if not self.mean:
            return np.full_like(count, np.inf)
        high = count / self.mean
        low = np.maximum(high - self.amplitude * self.period / (math.pi * self.mean), 0.0)
        for _ in range(64):
            middle = (low + high) / 2
            below = self._expected(middle) < count
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return np.asarray(high, np.float64)

    def scaled(self, factor: float) -> Sine:
        """The same wave at another height."""
        return Sine(self.title, self.mean * factor, self.amplitude * factor, self.period)


def flat(of: Rate) -> Piecewise:
    """Always the same rate."""
    return Piecewise(f"{rate(of):g}/s", (Line(0.0, rate(of)),))


def ramp(start: Rate, end: Rate, *, over: Duration, after: Duration = 0) -> Piecewise:
    """From one rate to another in a straight line, from `after` on; then it stays.

    Raises:
        UsageError: `over` is zero: that is a `step`.
    """
    low, high, begin, span = rate(start), rate(end), duration(after) / NS, duration(over) / NS
    if not span:
        raise UsageError("a ramp takes time", remedy="Use step(...) for a rate that changes at once.")
    rising = Line(begin, low, (high - low) / span)
    lines = (rising, Line(begin + span, high))
    return Piecewise(f"{low:g}/s to {high:g}/s over {span:g} s", lines if not begin else (Line(0.0, low), *lines))


def step(start: Rate, end: Rate, *, at: Duration) -> Piecewise:
    """One rate until `at`, another from then on."""
    low, high, when = rate(start), rate(end), duration(at) / NS
    return Piecewise(f"{low:g}/s, {high:g}/s from {when:g} s", (Line(0.0, low), Line(when, high)))


def spike(base: Rate, peak: Rate, *, at: Duration, lasting: Duration) -> Piecewise:
    """A base rate, but `peak` for a while from `at` on."""
    low, high, when, span = rate(base), rate(peak), duration(at) / NS, duration(lasting) / NS
    lines = (Line(0.0, low), Line(when, high), Line(when + span, low))
    return Piecewise(f"{low:g}/s with {high:g}/s for {span:g} s at {when:g} s", lines)


def sine(mean: Rate, amplitude: Rate, *, period: Duration) -> Sine:
    """A rate that swings around a mean, starting at the mean and rising.

    Raises:
        UsageError: the amplitude exceeds the mean, or the period is zero.
    """
    middle, swing, turn = rate(mean), rate(amplitude), duration(period) / NS
    if swing > middle:
        raise UsageError(f"a rate cannot swing by {swing:g}/s around {middle:g}/s", remedy="It would be negative.")
    if not turn:
        raise UsageError("a sine has a period above zero")
    return Sine(f"{middle:g}/s +- {swing:g}/s every {turn:g} s", middle, swing, turn)
