"""A load by hand as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from chaoskit.core.units import NS, show_duration
from chaoskit.core.verdict import Verdict

if TYPE_CHECKING:
    from chaoskit.engine.loading.expectation import Expectation
    from chaoskit.engine.loading.result import LoadResult

Judged = Sequence[tuple["Expectation", Verdict]]


def result_json(result: LoadResult, judged: Judged) -> dict[str, object]:
    """What `load --json` says; times are in seconds, rates a second, what could not be measured is null.

    `outcomes` add up to `scheduled`; `attempts` are those that failed and were followed by another; `believed` is
    whether the generator kept time.
    """
    plan = result.plan
    return {
        "target": plan.request.title,
        "arrivals": plan.arrivals.title,
        "duration": result.lasted / NS,
        "seed": plan.seed,
        "workers": plan.workers,
        "clients": plan.population.users if plan.population else 1,
        "transport": result.transport,
        "closed_loop": plan.closed,
        "scheduled": result.scheduled,
        "attempts": result.tally.attempts,
        "outcomes": result.outcomes,
        "rate": result.rate,
        "latency": result.latency,
        "lag": result.lag,
        "believed": result.believed,
        "interrupted": result.interrupted,
        "expectations": [_expectation_json(each, verdict) for each, verdict in judged],
    }


def _expectation_json(each: Expectation, verdict: Verdict) -> dict[str, object]:
    return {
        "expectation": each.text,
        "verdict": str(verdict.outcome),
        "measured": verdict.measured,
        "reason": verdict.reason,
    }


def result_rows(result: LoadResult) -> Iterator[tuple[str, str]]:
    """Name and value of each line of the answer."""
    plan = result.plan
    stopped = ", interrupted" if result.interrupted else ""
    yield "target", plan.request.title
    yield "arrivals", f"{plan.arrivals.title} for {show_duration(result.lasted)}{stopped}, seed {plan.seed}"
    if plan.population:
        yield "clients", plan.population.title
    generators = "1 generator" if plan.workers == 1 else f"{plan.workers} generators"
    yield "made by", f"{generators}, by {result.transport}"
    yield "scheduled", f"{result.scheduled:,}"
    yield "outcomes", classes(result.outcomes)
    if plan.retries.limit:
        yield "retries", f"{result.tally.attempts:,} attempts beside, {plan.retries.title}"
    yield "rate", f"{result.rate:,.5g} /s answered"
    yield "latency", f"{_times(result.latency)}  (successes, from the intended start)"
    yield "lag", f"{_times(result.lag)}  (the generator's own delay)"
    if not result.believed:
        yield "NOT BELIEVED", _doubt(result)


def _doubt(result: LoadResult) -> str:
    late = result.lag["p99"]
    if late is None:
        return "nothing arrived"
    bound = show_duration(result.lag_bound)
    return (
        f"the generator itself was late by {_time(late)} (p99; {bound} are allowed): its latencies and its rate say "
        "nothing of the target. Lower the rate, or give it more cores with --workers"
    )


def verdict_rows(judged: Judged) -> Iterator[tuple[str, str, str, str]]:
    """A line for each expectation: verdict, what was expected, what was measured, and why."""
    for each, verdict in judged:
        reason = ". ".join(part for part in (verdict.reason, verdict.remedy) if part)
        yield str(verdict.outcome), each.text, verdict.measured_text, reason


def classes(outcomes: Mapping[str, int]) -> str:
    """`ok 1,000, 503 2`."""
    return ", ".join(f"{name} {count:,}" for name, count in outcomes.items())


def _times(values: Mapping[str, float | None]) -> str:
    return "  ".join(f"{name} {_time(value)}" for name, value in values.items())


def _time(seconds: float | None) -> str:
    return "-" if seconds is None else show_duration(round(float(f"{seconds:.3g}") * NS))
