"""How old what was read was."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from chaoskit.checks import bounds
from chaoskit.checks.bounds import Share
from chaoskit.checks.register import Loads, Operation, by_key
from chaoskit.core.check import Samples, check
from chaoskit.core.errors import UsageError
from chaoskit.core.forecast import Forecast
from chaoskit.core.history import History
from chaoskit.core.load import Load
from chaoskit.core.units import NS, Duration, duration, fraction
from chaoskit.core.verdict import Limit, Unit, Verdict, too_few
from chaoskit.core.window import Window

_NEVER = 1 << 62


@check
def staleness(
    history: History,
    reads: Loads,
    writes: Loads,
    *,
    at_most: Duration = "0s",
    quantile: Share = 1.0,
    during: Window | None = None,
) -> Verdict:
    """How long before a read was sent the value it gave had been overwritten; 0 s for one that was up to date.

    A value is overwritten when the first write is over that was sent after the value itself was surely there: its
    own write was over, or somebody had read it. That is the least it can be: what is doubtful counts as fresh, as
    does a value whose write nobody saw succeed and nobody else read. A value that nobody wrote was there from the
    first. Writes that failed overwrite nothing. It takes 20 reads beyond the quantile, 1,000 for the worst of all.

    Args:
        history: the run.
        reads: the load of reads, whose rows have `op` "read" and the `value` read; or several.
        writes: the load of writes, likewise; with a value of its own each.
        at_most: how old what was read may be.
        quantile: `0.99` or `"99%"`, of the ages of all successful reads; 1 is the oldest.
        during: reads sent in this window only; writes count whenever they were.
    """
    span = history.span(during)
    aged = [
        (age, read)
        for operations in by_key(history, reads, writes).values()
        for age, read in ages(operations)
        if during is None or span.holds(read.start)
    ]
    q = fraction(quantile)
    needed = bounds.needed_for_quantile(q)
    if len(aged) < needed:
        return too_few(len(aged), needed, "successful reads")
    aged.sort(key=lambda one: one[0])
    age, read = aged[bounds.rank(q, len(aged))]
    stale = sum(one > 0 for one, _ in aged)
    reason = f"{stale:,} of {len(aged):,} reads gave what had been overwritten"
    reason += f"; {read} was that old" if age else ""
    limit = Limit("<=", duration(at_most) / NS)
    return bounds.judged(age / NS, limit, Unit.SECONDS, reason, samples=len(aged), needed=needed)


@staleness.accepts
def _(given: Mapping[str, Any]) -> None:
    duration(given["at_most"])
    if fraction(given["quantile"]) == 0:
        raise UsageError("the quantile 0 is the youngest of all and bounds nothing")


@staleness.samples
def _(
    forecast: Forecast,
    reads: Loads,
    writes: Loads,
    *,
    at_most: Duration = "0s",
    quantile: Share = 1.0,
    during: Window | None = None,
) -> Samples:
    loads = [reads] if isinstance(reads, Load) else reads
    expected = sum(forecast.arrivals(load, during=during) for load in loads)
    return Samples(expected, bounds.needed_for_quantile(fraction(quantile)))


def ages(operations: Sequence[Operation]) -> list[tuple[int, Operation]]:
    """Each read of one register with the ns since its value was overwritten, 0 where it was not."""
    done = sorted((op.start, op.end) for op in operations if not op.is_read and op.end is not None)
    starts = [start for start, _ in done]
    # The first write to be over, of those sent at or after each.
    soonest = [*reversed(list(accumulate((end for _, end in reversed(done)), min))), _NEVER]
    there = _there(operations)

    def age(read: Operation) -> int:
        overwritten = soonest[bisect_right(starts, there.get(read.value, -1))]
        return max(0, read.start - overwritten)

    return [(age(op), op) for op in operations if op.is_read]


def _there(operations: Sequence[Operation]) -> dict[str, int]:
    """When each written value was surely there: of several writes of it the last one counts."""
    written: dict[str, int] = {}
    for op in operations:
        if not op.is_read:
            written[op.value] = max(written.get(op.value, -1), _NEVER if op.end is None else op.end)
    seen: dict[str, int] = {}
    for op in operations:
        if op.is_read and op.end is not None:
            seen[op.value] = min(seen.get(op.value, _NEVER), op.end)
    once = {value for value, count in _counts(operations).items() if count == 1}
    return {value: min(end, seen.get(value, _NEVER)) if value in once else end for value, end in written.items()}


def _counts(operations: Sequence[Operation]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for op in operations:
        if not op.is_read:
            counts[op.value] = counts.get(op.value, 0) + 1
    return counts
