"""What a probe read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from chaoskit.checks import rows
from chaoskit.checks.bounds import one_of
from chaoskit.core.check import check
from chaoskit.core.history import History, Reading
from chaoskit.core.probe import Probe
from chaoskit.core.selector import Selector
from chaoskit.core.step import Json
from chaoskit.core.verdict import FAIL, PASS, Limit, Unit, Verdict, unknown
from chaoskit.core.window import Window


class Take(StrEnum):
    """Which of a host's readings count."""

    EVERY = "every reading"
    LAST = "the last reading"
    PEAK = "the largest reading"
    """For what has to be reached, not held: a queue that fills, connections that pile up."""
    RISE = "the rise from first to last reading"
    """For counters."""


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
    at: Selector | None = None,
    during: Window | None = None,
) -> Verdict:
    """What a probe read, held to a bound at every host that read.

    The value measured is the one farthest on the wrong side: the largest for `at_most` and `below`, the smallest
    for `at_least` and `above`; for `equals` the share of values that are equal, of which all must be. Readings that
    failed or lack the field are left out and counted in the reason; a host without any makes the check
    unknown.

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
        at: readings taken at these hosts only; of them, those at which the probe reads.
        during: readings taken up in this window only.
    """
    span = history.span(during)
    among = None if at is None else [host.name for host in rows.hosts(history, at)]
    every = history.readings_of(probe, among)
    inside = [r for r in every if during is None or span.holds(r.t)]
    values: list[tuple[str, Json]] = []
    for host in sorted({r.host for r in every}):
        own = [_value(r, field) for r in inside if r.host == host]
        found = _taken([value for value in own if value is not None], take)
        if not found:
            return unknown(
                f"{host}: {_lacking(inside, host, field)}", remedy="Look at the probe's readings in the history."
            )
        values += [(host, value) for value in found]
    if not values:
        return unknown("no readings", remedy="Give the probe hosts and a rhythm that fall into the window.")
    failed = sum(_value(r, field) is None for r in inside)
    note = f"; {failed:,} of {len(inside):,} readings failed or lack it" if failed else ""
    if equals is not None:
        return _equal(values, field, equals, note)
    bounds = {">=": at_least, "<=": at_most, ">": above, "<": below}
    (limit,) = (Limit(sense, bound) for sense, bound in bounds.items() if bound is not None)
    return _bounded(values, field, limit, note)


@reading.accepts
def _(given: Mapping[str, Any]) -> None:
    one_of(**{name: given[name] for name in ("at_least", "at_most", "above", "below", "equals")})


def _value(taken: Reading, field: str) -> Json:
    """The field's value; None when the reading failed or has no such field."""
    return None if taken.error else _inside(taken.value, field)


def _inside(value: Mapping[str, Json], field: str) -> Json:
    if field in value:
        return value[field]
    for key, inner in value.items():
        if isinstance(inner, Mapping) and field.startswith(f"{key}."):
            return _inside(inner, field.removeprefix(f"{key}."))
    return None


def _taken(values: Sequence[Json], take: Take) -> Sequence[Json]:
    if take is Take.EVERY or not values:
        return values
    if take is Take.PEAK:
        return [max(map(_number, values))]
    return [values[-1]] if take is Take.LAST else [_number(values[-1]) - _number(values[0])]


def _equal(values: Sequence[tuple[str, Json]], field: str, wanted: Json, note: str) -> Verdict:
    others = [(host, value) for host, value in values if value != wanted]
    share = 1 - len(others) / len(values)
    reason = f"{field} is {wanted!r} in {len(values) - len(others):,} of {len(values):,} readings"
    reason += f"; {others[0][0]} says {others[0][1]!r}" if others else ""
    outcome = FAIL if others else PASS
    return Verdict(outcome, reason + note, share, Limit("==", 1.0), Unit.SHARE, len(values), 1)


def _bounded(values: Iterable[tuple[str, Json]], field: str, limit: Limit, note: str) -> Verdict:
    numbers = [(_number(value), host) for host, value in values]
    from_above = limit.sense in ("<=", "<")
    measured, host = max(numbers) if from_above else min(numbers)
    word = "largest" if from_above else "smallest"
    reason = f"the {word} {field} of {len(numbers):,} is {measured:g}, at {host}"
    outcome = PASS if limit.admits(measured) else FAIL
    return Verdict(outcome, reason + note, measured, limit, Unit.COUNT, len(numbers), 1)


def _number(value: Json) -> float:
    """A number of a reading; true counts 1.

    Raises:
        TypeError: it is none, so that the check is unknown and says what it met.
    """
    if isinstance(value, int | float):
        return float(value)
    raise TypeError(f"{value!r} is no number")


def _lacking(inside: Sequence[Reading], host: str, field: str) -> str:
    own = [r for r in inside if r.host == host]
    if not own:
        return "no reading in the window"
    last = own[-1]
    return f"every reading failed ({last.error})" if last.error else f"no reading has the field {field!r}"
