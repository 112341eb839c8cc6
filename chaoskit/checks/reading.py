"""What a probe read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from chaoskit.checks import counter
from chaoskit.checks.bounds import Share, one_of
from chaoskit.checks.counter import number
from chaoskit.checks.polled import LOOK, Polled, polled
from chaoskit.core.check import check
from chaoskit.core.errors import UsageError
from chaoskit.core.history import History
from chaoskit.core.probe import Probe
from chaoskit.core.selector import Selector
from chaoskit.core.step import Json
from chaoskit.core.units import fraction
from chaoskit.core.verdict import FAIL, PASS, Limit, Unit, Verdict, unknown
from chaoskit.core.window import Window


class Take(StrEnum):
    """Which of a host's readings count."""

    EVERY = "every reading"
    LAST = "the last reading"
    PEAK = "the largest reading"
    """For what has to be reached, not held: a queue that fills, connections that pile up."""
    RISE = "the rise from first to last reading"
    """For counters; one that began anew, or was read once, makes it unknown."""


@check
def reading(
    history: History,
    probe: Probe,
    field: str,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    above: float | None = None,
    below: float | None = None,
    equals: Json = None,
    take: Take = Take.EVERY,
    answered: Share = 0.5,
    at: Selector | None = None,
    during: Window | None = None,
) -> Verdict:
    """What a probe read, held to a bound at every host that read.

    The value measured is the one farthest on the wrong side: the largest for `at_most` and `below`, the smallest
    for `at_least` and `above`; for `equals` the share of values that are equal, of which all must be. Readings that
    failed or lack the field are left out and counted in the reason; a host at which fewer than half of them are left
    (`answered`) makes the check unknown. The last reading counts if it was taken near the window's end: at most five
    intervals, or a second, before it.

    Args:
        history: the run.
        probe: whose readings.
        field: a key of its readings; `servers.web1.state` goes down into nested ones, whose keys may hold dots
            themselves, as addresses do.
        at_least: smallest value that is right; one of the five bounds is given.
        at_most: largest value that is right.
        above: largest value that is wrong.
        below: smallest value that is wrong.
        equals: the only value that is right.
        take: every reading, the last one, the largest, or how far a counter rose.
        answered: share of each host's readings that must have succeeded and have the field; does not matter where only
            the last one counts.
        at: readings taken at these hosts only; of them, those at which the probe reads.
        during: readings taken up in this window only.
    """
    share, values = fraction(answered), list[tuple[str, Json]]()
    everywhere = polled(history, probe, field, at=at, during=during)
    for each in everywhere:
        if problem := each.old() if take is Take.LAST else each.lacking(share):
            return unknown(f"{each.host}: {problem}", remedy=LOOK)
        if take is Take.RISE and (problem := counter.rise(each.values).problem):
            return unknown(f"{each.host}: {field}: {problem}", remedy=LOOK)
        values += [(each.host, value) for value in _taken(each.values, take)]
    if not values:
        return unknown("no readings", remedy="Give the probe hosts and a rhythm that fall into the window.")
    note = _left_out(everywhere)
    if equals is not None:
        return _equal(values, field, equals, note)
    bounds = {">=": at_least, "<=": at_most, ">": above, "<": below}
    (limit,) = (Limit(sense, bound) for sense, bound in bounds.items() if bound is not None)
    return _bounded(values, field, limit, take, note)


@reading.accepts
def _(given: Mapping[str, Any]) -> None:
    one_of(**{name: given[name] for name in ("at_least", "at_most", "above", "below", "equals")})
    if fraction(given["answered"]) == 0:
        raise UsageError("answered=0 would take the silence of a probe for a reading")


def _left_out(everywhere: Sequence[Polled]) -> str:
    total = sum(len(each.readings) for each in everywhere)
    failed = total - sum(len(each.good) for each in everywhere)
    return f"; {failed:,} of {total:,} readings failed or lack it" if failed else ""


def _taken(values: Sequence[Json], take: Take) -> Sequence[Json]:
    if take is Take.PEAK:
        return [max(map(number, values))]
    if take is Take.RISE:
        return [counter.rise(values).amount]
    return [values[-1]] if take is Take.LAST else values


def _equal(values: Sequence[tuple[str, Json]], field: str, wanted: Json, note: str) -> Verdict:
    others = [(host, value) for host, value in values if value != wanted]
    share = 1 - len(others) / len(values)
    reason = f"{field} is {wanted!r} in {len(values) - len(others):,} of {len(values):,} readings"
    reason += f"; {others[0][0]} says {others[0][1]!r}" if others else ""
    outcome = FAIL if others else PASS
    return Verdict(outcome, reason + note, share, Limit("==", 1.0), Unit.SHARE)


def _bounded(values: Sequence[tuple[str, Json]], field: str, limit: Limit, take: Take, note: str) -> Verdict:
    numbers = [(float(number(value)), host) for host, value in values]
    from_above = limit.sense in ("<=", "<")
    measured, host = max(numbers) if from_above else min(numbers)
    word = "largest" if from_above else "smallest"
    every = f"the {word} {field} of {len(numbers):,} readings is {measured:g}, at {host}"
    reason = every if take is Take.EVERY else f"{field}, {take}: {measured:g} at {host}"
    outcome = PASS if limit.admits(measured) else FAIL
    return Verdict(outcome, reason + note, measured, limit, Unit.COUNT)
