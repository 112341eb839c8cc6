"""How much worse an arm with a mistake fares than the guarded one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chaoskit.checks import bounds, rows
from chaoskit.checks.bounds import FAILURES, Outcomes
from chaoskit.core.arm import GUARDED, Twin
from chaoskit.core.check import compare
from chaoskit.core.errors import UsageError
from chaoskit.core.history import History
from chaoskit.core.load import Load, Outcome
from chaoskit.core.selector import Selector
from chaoskit.core.units import show_share
from chaoskit.core.verdict import FAIL, PASS, Limit, Unit, Verdict, too_few, unknown
from chaoskit.core.window import Window

NEEDED = 10
"""Requests with these outcomes that the twin must have, so that its share is no accident."""


@compare
def worse(
    histories: Mapping[str, History],
    load: Load,
    twin: Twin,
    *,
    at_least: float,
    outcomes: Outcomes = FAILURES,
    clients: Selector | None = None,
    during: Window | None = None,
    outside: Window | None = None,
) -> Verdict:
    """How many times as large a share of requests fails in a twin as in the guarded arm.

    Where none fails in the guarded arm, one is taken to have, so that the ratio is what can be said at
    least. It takes ten failures in the twin, and so many requests in the guarded arm that one failure
    there would still leave the ratio demanded.

    Args:
        histories: by arm.
        load: whose requests.
        twin: the arm that must fare worse.
        at_least: how many times as large its share must be.
        outcomes: what counts as failing; by default everything but success.
        clients: requests of these client hosts only.
        during: requests whose intended start lies in this window only.
        outside: without requests whose life overlaps this window.
    """
    missing = [arm for arm in (GUARDED, twin.name) if arm not in histories]
    if missing:
        return unknown(f"there is no run of {' and '.join(missing)}", remedy="Run all arms with `chaoskit prove`.")
    counted = bounds.outcome_set(outcomes)
    windows = {"during": during, "outside": outside}
    failed, total = _count(histories[GUARDED], load, counted, clients, **windows)
    twin_failed, twin_total = _count(histories[twin.name], load, counted, clients, **windows)
    if not total or not twin_total:
        return too_few(0, 1, f"requests in {GUARDED if not total else twin.name}")
    share, twin_share = failed / total, twin_failed / twin_total
    ratio = twin_share / max(share, 1 / total)
    reason = f"{show_share(twin_share)} of {twin_total:,} in {twin.name}, {show_share(share)} of {total:,} in {GUARDED}"
    if ratio < at_least and failed <= 1 and twin_failed >= NEEDED:
        return too_few(total, round(at_least / twin_share) + 1, f"requests in {GUARDED}")
    if ratio >= at_least and twin_failed < NEEDED:
        return too_few(twin_failed, NEEDED, f"failures in {twin.name}")
    outcome = PASS if ratio >= at_least else FAIL
    return Verdict(outcome, reason, ratio, Limit(">=", at_least), Unit.RATIO, twin_failed, NEEDED)


@worse.accepts
def _(given: Mapping[str, Any]) -> None:
    bounds.outcome_set(given["outcomes"])
    bounds.one_window(given)
    if given["at_least"] <= 1:
        raise UsageError(f"at_least={given['at_least']:g} times is not worse")


def _count(
    history: History, load: Load, outcomes: frozenset[Outcome], clients: Selector | None, **windows: Window | None
) -> tuple[int, int]:
    chosen = rows.select(history, load, clients=clients, **windows)
    failed = chosen & rows.with_outcome(history.requests, outcomes)
    return rows.arrivals(history, failed), rows.arrivals(history, chosen)
