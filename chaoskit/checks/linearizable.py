"""Whether reads and writes of a register could have happened one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chaoskit.checks.register import READ, WRITE, Loads, Operation, by_key
from chaoskit.checks.register_conflict import conflict, initial_value
from chaoskit.checks.register_search import search
from chaoskit.core.check import Samples, check
from chaoskit.core.errors import UsageError
from chaoskit.core.forecast import Forecast
from chaoskit.core.history import History
from chaoskit.core.load import Load
from chaoskit.core.units import NS, Duration, duration, show_duration
from chaoskit.core.verdict import FAIL, PASS, Limit, Result, Unit, Verdict, too_few, unknown, worst

NEEDED = 100
"""Successful reads and writes, of each, that it takes to say anything."""


@check
def linearizable(
    history: History, reads: Loads, writes: Loads, *, initial: str | None = None, within: Duration = "10s"
) -> Verdict:
    """Whether there is an order of all reads and writes in which each read gives what the write before it wrote.

    The order must respect time: what was over before something else was sent comes before it. A write that failed
    after it was sent may take effect at any later moment or never; one that never was sent has not; a read that
    failed counts for nothing. Requests whose loads name a `key` are judged key by key: each register by itself
    (linearizability is local, Herlihy and Wing 1990). The whole run counts, since a part of a history proves
    nothing. It takes 100 successful reads and as many writes of each register.

    Args:
        history: the run.
        reads: the load of reads, whose rows have `op` "read" and the `value` read; or several.
        writes: the load of writes, likewise; best with a value of its own each.
        initial: what the register holds before the first write; by default the one value, if there is one, that
            is read but never written.
        within: how long to search for an order before the verdict is unknown.
    """
    registers = by_key(history, reads, writes)
    verdicts = [_judged(key, operations, initial, duration(within)) for key, operations in sorted(registers.items())]
    result = worst(verdict.outcome for verdict in verdicts)
    return next(verdict for verdict in verdicts if verdict.outcome is result)


def _judged(key: str, operations: Sequence[Operation], initial: str | None, within: int) -> Verdict:
    of_key = f"{key}: " if key else ""
    fewest = min(sum(op.kind == kind and op.end is not None for op in operations) for kind in (READ, WRITE))
    if fewest < NEEDED:
        return too_few(fewest, NEEDED, f"{of_key}successful reads or writes")
    held = initial_value(operations) if initial is None else initial
    uncertain = sum(op.end is None for op in operations)
    total = f"{len(operations):,} operations, {uncertain:,} of them writes that may or may not have taken effect"
    contradiction = conflict(operations, held)
    if contradiction:
        return _verdict(FAIL, f"{of_key}no order of {total}: {contradiction}", len(operations))
    found = search(operations, held, within / NS)
    if found.linearizable is None:
        return unknown(
            f"{of_key}no order of {total} found within {show_duration(within)} ({found.states:,} states)",
            remedy="Give it longer (within=), lower the rate, or write a value of its own each time.",
            samples=len(operations),
            needed=NEEDED,
        )
    if found.linearizable:
        return _verdict(PASS, f"{of_key}an order of {total}", len(operations))
    return _verdict(
        FAIL, f"{of_key}no order of {total}: {found.placed:,} had a place, but not {found.stuck}", len(operations)
    )


def _verdict(outcome: Result, reason: str, samples: int) -> Verdict:
    broken = float(outcome is FAIL)
    return Verdict(outcome, reason, broken, Limit("<=", 0), Unit.COUNT, samples, NEEDED)


@linearizable.accepts
def _(given: Mapping[str, Any]) -> None:
    if duration(given["within"]) == 0:
        raise UsageError("within=0 leaves no time to search for an order")


@linearizable.samples
def _(
    forecast: Forecast, reads: Loads, writes: Loads, *, initial: str | None = None, within: Duration = "10s"
) -> Samples:
    groups = [[loads] if isinstance(loads, Load) else loads for loads in (reads, writes)]
    return Samples(min(forecast.arrivals(load) for group in groups for load in group), NEEDED)
