"""Whether nothing was delivered that must not be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chaoskit.checks.bounds import judged
from chaoskit.core.check import check
from chaoskit.core.errors import UsageError
from chaoskit.core.history import History, Reading
from chaoskit.core.probe import Probe
from chaoskit.core.verdict import Limit, Unit, Verdict, too_few, unknown
from chaoskit.core.window import Window


@check
def no_delivery(
    history: History,
    probe: Probe,
    field: str,
    *,
    tried: Probe,
    tries: str,
    needed: int,
    during: Window | None = None,
) -> Verdict:
    """How much of something arrived where it must not, of at least so many tries: by default over the whole run.

    Both are counters that only rise: what the receiver counts as delivered, and what somebody else - best a
    kernel - counts as tried. Rises at all hosts of a probe are added up.

    Args:
        history: the run.
        probe: the receiver's.
        field: its counter of what must not arrive.
        tried: whose counter says how often it was tried.
        tries: that counter.
        needed: fewer tries say nothing. Where a system that lets it through does so with probability p at each,
            it takes log(0.0001) / log(1 - p) of them to see it with all but 1 in 10,000.
        during: readings of this window only.
    """
    delivered, attempts = _rise(history, probe, field, during), _rise(history, tried, tries, during)
    if isinstance(delivered, Verdict):
        return delivered
    if isinstance(attempts, Verdict):
        return attempts
    if attempts < needed and not delivered:
        return too_few(attempts, needed, f"tries by {tries}", remedy="Try for longer, or more often.")
    reason = f"{field} rose by {delivered:,} in {attempts:,} tries ({tries})"
    return judged(delivered, Limit("<=", 0), Unit.COUNT, reason, samples=attempts, needed=needed)


@no_delivery.accepts
def _(given: Mapping[str, Any]) -> None:
    if given["needed"] < 1:
        raise UsageError("no_delivery needs at least one try", remedy="Say how many: needed=20.")


def _rise(history: History, probe: Probe, field: str, during: Window | None) -> int | Verdict:
    span = history.span(during)
    good = [r for r in history.readings_of(probe) if not r.error and (during is None or span.holds(r.t))]
    hosts = {r.host for r in history.readings_of(probe)}
    rises = [_of_one([r for r in good if r.host == host], field) for host in sorted(hosts)]
    missing = [host for host, rise in zip(sorted(hosts), rises, strict=True) if rise is None]
    if missing or not hosts:
        where = ", ".join(missing) or "any host"
        return unknown(f"no two readings of {field} at {where}", remedy="Look at the probe's readings in the history.")
    return sum(rise for rise in rises if rise is not None)


def _of_one(readings: Sequence[Reading], field: str) -> int | None:
    values = [r.value[field] for r in readings if field in r.value]
    if len(values) < 2:
        return None
    first, last = values[0], values[-1]
    if not isinstance(first, int) or not isinstance(last, int):
        raise TypeError(f"{field} is no counter: {first!r}, {last!r}")
    return last - first
