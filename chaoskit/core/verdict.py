"""Verdicts: pass, fail or unknown, with what was measured, the bound it was held to, and the reason."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from chaoskit.core.units import NS, show_duration, show_share


class Result(StrEnum):
    """The three values of a verdict."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"


PASS, FAIL, UNKNOWN = Result.PASS, Result.FAIL, Result.UNKNOWN

_BADNESS = {PASS: 0, UNKNOWN: 1, FAIL: 2}
_ADMITS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
    "==": operator.eq,
}


class Unit(StrEnum):
    """What a measured value counts."""

    SECONDS = "s"
    SHARE = "share"
    """0..1, shown as a percentage."""
    COUNT = "count"
    RATIO = "ratio"
    PER_SECOND = "/s"

    def show(self, value: float) -> str:
        """The value as a person reads it."""
        if self is Unit.SECONDS:
            return show_duration(round(value * NS))
        if self is Unit.SHARE:
            return show_share(value)
        text = f"{value:,.0f}" if value == round(value) else f"{value:,.3g}"
        return text + (" /s" if self is Unit.PER_SECOND else "")


@dataclass(frozen=True)
class Limit:
    """What a measured value is held to.

    Attributes:
        sense: `<=`, `<`, `>=`, `>`, `==`, or `in` for an interval.
        value: in the unit of the verdict; of an interval, its lower end.
        parts: how the value came about, when it is a sum: `7 s = detection 4 s + ttl 2 s + margin 1 s`.
        upper: of an interval, its upper end, which belongs to it.
    """

    sense: str
    value: float
    parts: str = ""
    upper: float | None = None

    def admits(self, measured: float) -> bool:
        """Whether the measured value keeps the bound."""
        if self.upper is not None:
            return self.value <= measured <= self.upper
        return _ADMITS[self.sense](measured, self.value)


@dataclass(frozen=True)
class Verdict:
    """What one check or gate found.

    Attributes:
        measured: in `unit`; None when nothing could be measured.
        samples: how many independent samples the value rests on, where it is a statistic.
        needed: how many it takes to say anything.
        remedy: for an unknown, what to change so that the next run can tell.
    """

    outcome: Result
    reason: str
    measured: float | None = None
    bound: Limit | None = None
    unit: Unit = Unit.COUNT
    samples: int | None = None
    needed: int | None = None
    remedy: str = ""

    @property
    def measured_text(self) -> str:
        """The measured value as a person reads it."""
        return "-" if self.measured is None else self.unit.show(self.measured)

    @property
    def bound_text(self) -> str:
        """The bound as a person reads it."""
        if self.bound is None:
            return "-"
        value = self.unit.show(self.bound.value)
        if self.bound.upper is not None:
            return f"{value} to {self.unit.show(self.bound.upper)}"
        return f"{self.bound.sense} {value}"

    def because_gate(self, gate: str) -> Verdict:
        """The same measurement, not believed: a broken gate makes every check unknown.

        What the check would have advised is left out: the gate is what is to be mended.
        """
        said = "" if self.outcome is UNKNOWN else f"; it would have said {self.outcome}"
        reason = f"not believed, the gate '{gate}' is broken{said} ({self.reason})"
        return replace(self, outcome=UNKNOWN, reason=reason, remedy="")


def passed(reason: str) -> Verdict:
    """A pass without a number."""
    return Verdict(PASS, reason)


def failed(reason: str) -> Verdict:
    """A fail without a number."""
    return Verdict(FAIL, reason)


def unknown(reason: str, *, remedy: str = "", samples: int | None = None, needed: int | None = None) -> Verdict:
    """Nothing can be said, and why."""
    return Verdict(UNKNOWN, reason, samples=samples, needed=needed, remedy=remedy)


def held_to(
    measured: float,
    sense: str,
    value: float,
    unit: Unit,
    reason: str,
    *,
    samples: int | None = None,
    parts: str = "",
) -> Verdict:
    """Pass or fail by comparing a measured value with a bound."""
    limit = Limit(sense, value, parts)
    return Verdict(PASS if limit.admits(measured) else FAIL, reason, measured, limit, unit, samples)


def too_few(samples: int, needed: int, what: str, *, remedy: str = "") -> Verdict:
    """Unknown for want of independent samples; the reason says how many were needed."""
    return unknown(
        f"only {samples:,} {what}, {needed:,} needed",
        remedy=remedy or "Raise the rate, lengthen the window, or ask for a looser bound.",
        samples=samples,
        needed=needed,
    )


def worst(outcomes: Iterable[Result]) -> Result:
    """Merge: fail > unknown > pass; of nothing, pass."""
    return max(outcomes, key=lambda outcome: _BADNESS[outcome], default=PASS)


def exit_status(outcome: Result) -> int:
    """0 pass, 1 fail, 2 unknown."""
    return {PASS: 0, FAIL: 1, UNKNOWN: 2}[outcome]
