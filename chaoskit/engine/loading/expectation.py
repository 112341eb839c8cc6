"""What a load by hand is held to: `p99<50ms`, `ok>=99.9%`, `rate>=450/s`.

A percentile is of all arrivals, and one that failed was never answered well: of a load of which 2 % fail no `p99<...`
holds, however quick the rest was, and however quickly it failed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chaoskit.core.errors import UsageError
from chaoskit.core.load import Outcome
from chaoskit.core.suggest import did_you_mean
from chaoskit.core.units import NS, duration, fraction, rate
from chaoskit.core.verdict import FAIL, PASS, Limit, Unit, Verdict, held_to, unknown
from chaoskit.engine.loading.result import LoadResult

_SHAPE = re.compile(r"\s*([^<>=]+?)\s*(<=|>=|<|>)\s*([^<>=]+?)\s*")
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?)")
_ALLOWED = (
    "Write one such as 'p99<50ms', 'p99.9<=1s', 'max<2s', 'ok>=99.9%', '503<1%', 'errors<0.1%', 'rate>=450/s' or "
    "'lag<5ms'; senses are <, <=, > and >=."
)
_WAITED = "users of a closed loop who wait ask nothing meanwhile: their latencies hide how long an outage was"
_MAX, _OK, _ERRORS, _RATE, _LAG = "max", "ok", "errors", "rate", "lag"
_WORDS = (_MAX, _ERRORS, _RATE, _LAG, *(str(outcome) for outcome in Outcome))


@dataclass(frozen=True)
class Expectation:
    """One bound on one number of a load.

    Attributes:
        text: as the user wrote it.
        metric: `p99` and the like, `max`, `rate`, `lag` (its 99th percentile), `errors`, or an outcome's class.
        value: in seconds, a second, or as a share, by the unit.
    """

    text: str
    metric: str
    sense: str
    value: float
    unit: Unit

    def judge(self, result: LoadResult) -> Verdict:
        """Whether it holds; unknown where the generator was late itself, or nothing arrived."""
        if self.metric != _LAG and not result.believed:
            return _not_believed(result)
        if not result.scheduled - result.abandoned:
            return unknown("nothing arrived", remedy="Raise the rate, or let it last longer.")
        if (quantile := _quantile(self.metric)) is not None:
            if result.plan.closed:
                return unknown(_WAITED, remedy="Use --rate or --replay, whose arrivals do not wait for answers.")
            return self._slow(result, quantile)
        measured, reason = _SIMPLE.get(self.metric, _share)(result, self.metric)
        return held_to(measured, self.sense, self.value, self.unit, reason, samples=result.scheduled)

    def _slow(self, result: LoadResult, quantile: float) -> Verdict:
        whole = result.tally.whole
        good, total = whole.succeeded, whole.total
        rank = max(1, math.ceil(round(quantile * total, 9)))
        if rank > good:
            reason = f"{total - good:,} of {total:,} failed: a share of {quantile * 100:g} % was never answered well"
            outcome = PASS if self.sense.startswith(">") else FAIL
            return Verdict(outcome, reason, None, Limit(self.sense, self.value), self.unit, total)
        exact = whole.longest if rank == good else min(whole.latencies.quantile(rank / good), whole.longest)
        reason = f"{quantile * 100:g} % of {total:,} arrivals were answered well within it"
        return held_to(exact / 1e6, self.sense, self.value, self.unit, reason, samples=total)


def expectation(text: str) -> Expectation:
    """Read one.

    Raises:
        UsageError: it is none; the message says what is allowed.
    """
    match = _SHAPE.fullmatch(text)
    if not match:
        raise UsageError(f"{text!r} is no expectation", remedy=_ALLOWED)
    metric, sense, bound = match[1].lower(), match[2], match[3]
    unit = _unit(text, metric)
    try:
        value = _READ[unit](bound)
    except UsageError as error:
        raise UsageError(f"{text!r}: {error.args[0]}", remedy=error.remedy) from None
    return Expectation(text, metric, sense, value, unit)


def _unit(text: str, metric: str) -> Unit:
    if _quantile(metric) is not None or metric == _LAG:
        return Unit.SECONDS
    if metric == _RATE:
        return Unit.PER_SECOND
    if metric in _WORDS:
        return Unit.SHARE
    hint = did_you_mean(metric, _WORDS)
    raise UsageError(f"{text!r}: nothing of a load is called {metric!r}", remedy=f"{hint}{_ALLOWED}")


def _quantile(metric: str) -> float | None:
    """The share that a percentile is of: 1 for the longest of all."""
    if metric == _MAX:
        return 1.0
    match = _PERCENTILE.fullmatch(metric)
    return float(match[1]) / 100 if match and float(match[1]) > 0 else None


_READ: Mapping[Unit, Callable[[str], float]] = {
    Unit.SECONDS: lambda text: duration(text) / NS,
    Unit.PER_SECOND: rate,
    Unit.SHARE: fraction,
}


def _not_believed(result: LoadResult) -> Verdict:
    late = result.lag["p99"]
    if late is None:
        return unknown("nothing arrived", remedy="Raise the rate, or let it last longer.")
    shown, bound = Unit.SECONDS.show(late), Unit.SECONDS.show(result.lag_bound / NS)
    return unknown(
        f"the generator itself was late by {shown} (p99; {bound} are allowed)",
        remedy="Lower the rate, or give the generator more cores with --workers.",
    )


Measured = tuple[float, str]


def _rate(result: LoadResult, _metric: str) -> Measured:
    return result.rate, f"answered a second, of {result.scheduled * NS / max(1, result.lasted):,.4g} /s that arrived"


def _lag(result: LoadResult, _metric: str) -> Measured:
    return result.lag["p99"] or 0.0, "99th percentile of the generator's own delay"


def _errors(result: LoadResult, _metric: str) -> Measured:
    whole = result.tally.whole
    return (whole.total - whole.succeeded) / whole.total, f"of {whole.total:,} arrivals were no success"


def _share(result: LoadResult, metric: str) -> Measured:
    whole = result.tally.whole
    return whole.by_class().get(metric, 0) / whole.total, f"of {whole.total:,} arrivals came to {metric}"


_SIMPLE: Mapping[str, Callable[[LoadResult, str], Measured]] = {_RATE: _rate, _LAG: _lag, _ERRORS: _errors}
