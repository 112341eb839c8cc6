"""A measured value beside its bound, on one line: the kept side of the bound is shaded, the value is a dot."""

from __future__ import annotations

import math
from collections.abc import Sequence

from chaoskit.core.verdict import Limit, Unit, Verdict
from chaoskit.report.markup import Markup, el, number

_NEARLY_ALL = 0.9


def bullet(verdict: Verdict) -> Markup:
    """The drawing; empty when there is nothing to compare."""
    measured, bound = verdict.measured, verdict.bound
    if measured is None or bound is None or not all(map(math.isfinite, (measured, *_ends(bound)))):
        return Markup("")
    low, high = extent(measured, bound, verdict.unit)
    at, *limits = (100 * (value - low) / (high - low) for value in (measured, *_ends(bound)))
    kept = _kept(bound, limits)
    label = f"{verdict.measured_text} measured, {verdict.bound_text} demanded"
    return el(
        "span",
        el("i", class_="kept", style=f"left:{number(kept[0])}%;width:{number(kept[1] - kept[0])}%"),
        *(el("i", class_="limit", style=f"left:{number(limit)}%") for limit in limits),
        el("i", class_="dot", style=f"left:{number(at)}%"),
        class_="bullet",
        role="img",
        aria_label=label,
        title=f"{label}; axis from {verdict.unit.show(low)} to {verdict.unit.show(high)}",
    )


def extent(measured: float, bound: Limit, unit: Unit) -> tuple[float, float]:
    """The axis: from zero, but for shares near one, where only what is missing from one can be seen."""
    least, most = min(measured, bound.value, 0.0), max(measured, *_ends(bound))
    if unit is Unit.SHARE and min(measured, bound.value) >= _NEARLY_ALL:
        return 1 - 2.5 * max(1 - min(measured, bound.value), 1e-6), 1.0
    if unit is Unit.SHARE:
        return 0.0, 1.0
    return least, most + 0.25 * (most - least) if most > least else least + 1.0


def _ends(bound: Limit) -> tuple[float, ...]:
    """The numbers of a bound: one, or both ends of an interval."""
    return (bound.value,) if bound.upper is None else (bound.value, bound.upper)


def _kept(bound: Limit, limits: Sequence[float]) -> tuple[float, float]:
    if bound.sense in ("<=", "<"):
        return 0.0, limits[0]
    return (limits[0], 100.0) if bound.sense in (">=", ">") else (limits[0], limits[-1])
