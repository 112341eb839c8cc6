"""Whether nothing was delivered that must not be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chaoskit.checks.bounds import judged
from chaoskit.checks.counter import Rise, rise
from chaoskit.checks.polled import LOOK, polled
from chaoskit.core.check import check
from chaoskit.core.errors import UsageError
from chaoskit.core.history import History
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
    kernel - counts as tried. Rises at all hosts of a probe are added up. A delivery fails it, whatever else was not
    seen; that there was none is unknown where a counter began anew, or was read less than twice.

    Args:
        history: the run.
        probe: the receiver's.
        field: its counter of what must not arrive.
        tried: whose counter says how often it was tried.
        tries: that counter.
        needed: fewer tries say nothing. Where a system that lets it through does so with probability p at each,
            it takes log(0.0001) / log(1 - p) of them to see it with all but 1 in 10,000 - twice as many where two
            of them depend on one another.
        during: readings of this window only.
    """
    delivered, attempts = _rise(history, probe, field, during), _rise(history, tried, tries, during)
    samples, problem = round(attempts.amount), delivered.problem or attempts.problem
    if not delivered.amount:
        if problem:
            return unknown(problem, remedy=LOOK)
        if samples < needed:
            return too_few(samples, needed, f"tries by {tries}", remedy="Try for longer, or more often.")
    reason = f"{field} rose by {delivered.amount:,} in {samples:,} tries ({tries})" + (problem and f"; {problem}")
    return judged(delivered.amount, Limit("<=", 0), Unit.COUNT, reason, samples=samples, needed=needed)


@no_delivery.accepts
def _(given: Mapping[str, Any]) -> None:
    if given["needed"] < 1:
        raise UsageError("no_delivery needs at least one try", remedy="Say how many: needed=20.")


def _rise(history: History, probe: Probe, field: str, during: Window | None) -> Rise:
    """The rises at all hosts together, and the first problem of one of them."""
    rises = {each.host: rise(each.values) for each in polled(history, probe, field, during=during)}
    problems = [f"{field} at {host}: {one.problem}" for host, one in rises.items() if one.problem]
    if not rises:
        problems = [f"{field}: no two readings at any host"]
    return Rise(sum(one.amount for one in rises.values()), next(iter(problems), ""))
