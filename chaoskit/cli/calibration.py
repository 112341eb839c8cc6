"""What `doctor --calibrate` says, as text and as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from chaoskit.core.units import NS, show_duration, show_share

if TYPE_CHECKING:
    from chaoskit.engine.doctor.calibration import Calibration, Step


def step_line(step: Step) -> str:
    """`8,000 /s  held  lag p99 90 µs, 100 % succeeded, generator 0.31 and server 0.20 cores`."""
    word = "held" if step.held else "too much"
    lag = show_duration(round(step.lag * NS))
    cores = f"generator {step.generator:.2f} and server {step.server:.2f} cores"
    return f"{step.asked:,.0f} /s  {word}  lag p99 {lag}, {show_share(step.good)} succeeded, {cores}"


def calibration_rows(found: Calibration) -> Iterator[tuple[str, str]]:
    """Name and value of each line of the answer."""
    best = found.best
    yield "rate", f"{best.asked:,.0f} /s held, by one generator" if best else "none: no rate that was tried was held"
    if best:
        yield "lag", f"{show_duration(round(best.lag * NS))} (p99)"
    yield "server", f"{found.server}, on the same cores"
    yield "limit", found.limit


def calibration_json(found: Calibration) -> dict[str, object]:
    """Rates a second, times in seconds, use of processors in cores; null for what could not be measured."""
    best = found.best
    return {
        "rate": best.asked if best else None,
        "lag": best.lag if best else None,
        "limit": found.limit,
        "server": found.server,
        "steps": [_step_json(step) for step in found.steps],
    }


def _step_json(step: Step) -> dict[str, object]:
    return {
        "asked": step.asked,
        "answered": step.answered,
        "held": step.held,
        "lag": _finite(step.lag),
        "succeeded": step.good,
        "generator_cores": _finite(step.generator),
        "server_cores": _finite(step.server),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
