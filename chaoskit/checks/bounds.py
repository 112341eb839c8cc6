"""What a measured share is held to, and how many samples it takes to say so."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.errors import UsageError
from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.core.units import fraction
from chaoskit.core.verdict import FAIL, PASS, Limit, Unit, Verdict

Share = str | float
"""A share as an experiment writes it: `0.999` or `"99.9%"`."""

Outcomes = Outcome | Collection[Outcome]
"""One outcome class, or several."""

FAILURES = frozenset(Outcome) - {Outcome.OK}
"""Every outcome but success."""

WITHOUT_EXCEPTION = 1_000
"""Samples needed for a bound of exactly 0 or 1: one exception in a hundred would then be seen but for 4 in 100,000."""


def limit(at_least: Share | None, at_most: Share | None, between: tuple[Share, Share] | None = None) -> Limit:
    """The one bound that is given.

    Raises:
        UsageError: none or several are given, one is no share, or the interval is empty.
    """
    one_of(at_least=at_least, at_most=at_most, between=between)
    if at_least is not None:
        return Limit(">=", fraction(at_least))
    if at_most is not None:
        return Limit("<=", fraction(at_most))
    assert between is not None
    low, high = fraction(between[0]), fraction(between[1])
    if low >= high:
        raise UsageError(f"between={between} is no interval: the lower end comes first")
    return Limit("in", low, upper=high)


def one_of(**bounds: object) -> None:
    """See that exactly one bound is given.

    Raises:
        UsageError: none or several are.
    """
    given = [name for name, value in bounds.items() if value is not None]
    if len(given) != 1:
        said = " and ".join(given) or "none"
        raise UsageError(f"a check has one bound, and here is {said}", remedy=f"Give one of {', '.join(bounds)}.")


def one_window(given: Mapping[str, Any]) -> None:
    """See that `during` and `outside` are not the same window.

    Raises:
        UsageError: they are, so that no request could count.
    """
    if given.get("during") is not None and given.get("during") is given.get("outside"):
        raise UsageError("during and outside are the same window, so no request counts")


def needed_for_share(held: Limit) -> int:
    """How many samples a bound on a share takes: ten expected on its rarer side, so 10,000 for 99.9 %."""
    rarer = min(min(end, 1 - end) for end in (held.value, held.value if held.upper is None else held.upper))
    return WITHOUT_EXCEPTION if rarer <= 0 else math.ceil(round(10 / rarer, 6))


def needed_for_successes(at_least: float) -> int:
    """How many samples a bound on successes takes: ten allowed failures, so 10,000 for 99.9 % and 20 for a half."""
    return WITHOUT_EXCEPTION if at_least >= 1 else math.ceil(round(10 / (1 - at_least), 6))


def needed_for_quantile(quantile: float) -> int:
    """How many samples a quantile takes: 20 above it, so 2,000 for the 99th percentile."""
    return WITHOUT_EXCEPTION if quantile >= 1 else math.ceil(round(20 / (1 - quantile), 6))


def rank(quantile: float, total: int) -> int:
    """The index of the nearest-rank quantile in a sorted column: the smallest value that this share does not exceed."""
    return max(1, math.ceil(round(quantile * total, 6))) - 1


def judged(measured: float, held: Limit, unit: Unit, reason: str, *, samples: int, needed: int) -> Verdict:
    """Pass or fail by the bound."""
    outcome = PASS if held.admits(measured) else FAIL
    return Verdict(outcome, reason, measured, held, unit, samples, needed)


def outcome_set(outcomes: Outcomes) -> frozenset[Outcome]:
    """Several outcomes, of one or several.

    Raises:
        UsageError: there are none.
    """
    chosen = frozenset([outcomes] if isinstance(outcomes, Outcome) else outcomes)
    if not chosen:
        raise UsageError("no outcome is named, so there is nothing to count")
    return chosen


def by_class(outcomes: NDArray[np.int8]) -> str:
    """Outcome classes but success with their counts, most frequent first: `12 refused, 3 reset`; empty without any."""
    counts = np.bincount(outcomes, minlength=len(OUTCOMES))
    failed = [(int(n), what) for what, n in zip(OUTCOMES, counts, strict=True) if n and what is not Outcome.OK]
    return ", ".join(f"{n:,} {what}" for n, what in sorted(failed, key=lambda pair: -pair[0]))
