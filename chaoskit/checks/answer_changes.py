"""How soon DNS answers point somewhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chaoskit.checks import moments, rows
from chaoskit.core.check import check
from chaoskit.core.errors import UsageError
from chaoskit.core.history import History, Reading
from chaoskit.core.probe import Probe
from chaoskit.core.selector import Selector
from chaoskit.core.units import NS
from chaoskit.core.verdict import Verdict, unknown
from chaoskit.core.window import Window


@check
def answer_changes(
    history: History, probe: Probe, *, to: Selector, within: Window, seen_by: Selector | None = None
) -> Verdict:
    """The time from the window's start until DNS answers point only at some hosts, held to its length.

    An answer points at `to` when its code is NOERROR, it holds addresses, and all of them belong to
    hosts of `to`. The moment is that of the first such answer after which every reading until the
    window's end is one, too; where there is none, the first such answer after the window, which is too
    late. The slowest of the hosts that read counts. Readings that failed point nowhere.

    Unknown where every host's answers pointed there before the window already, so that nothing changed.

    Args:
        history: the run.
        probe: one whose readings are `{"addresses": [...], "rcode": "NOERROR", ...}`, as of `dns_answers`.
        to: hosts the answers must come to point at: `region("na")`.
        within: from when time counts, and how long it may take.
        seen_by: readings taken at these hosts only; of them, those at which the probe reads.
    """
    due = moments.deadline(history, within)
    among = None if seen_by is None else {host.name for host in rows.hosts(history, seen_by)}
    readings = history.readings_of(probe, among)
    targets = frozenset(address for host in rows.hosts(history, to) for address in host.addresses)
    found: dict[str, int | None] = {}
    there_before = []
    for host in sorted({reading.host for reading in readings}):
        own = [reading for reading in readings if reading.host == host]
        problem = _unreadable(own, due)
        if problem:
            return unknown(
                f"{host}: {problem}", remedy="Probe more often, or look whether the resolver answers at all."
            )
        found[host] = _change(own, due, targets)
        there_before += [host] if _pointed_there_before(own, due, targets) else []
    if not found:
        return unknown("no readings", remedy="Choose hosts with seen_by= at which the probe reads.")
    if len(there_before) == len(found):
        return unknown(
            f"answers seen by {', '.join(there_before)} pointed at {to} before the window already",
            remedy="Choose hosts with seen_by= whose answers point elsewhere at first.",
        )
    slowest = max(found, key=lambda host: float("inf") if found[host] is None else found[host])  # type: ignore[arg-type, return-value]
    what = f"answers seen by {slowest} pointed only at {to} ({_last_answer(readings, slowest, due)})"
    return moments.time_to(due, found[slowest], what, samples=sum(reading.t >= due.start for reading in readings))


@answer_changes.accepts
def _(given: Mapping[str, Any]) -> None:
    within: Window = given["within"]
    if within.lasting is None and within.before is None:
        raise UsageError("the window has no end, so it bounds nothing", remedy="Give it lasting= or before=.")


def points_at(reading: Reading, targets: frozenset[str]) -> bool:
    """Whether an answer holds addresses, and only these."""
    addresses = reading.value.get("addresses")
    if reading.error or reading.value.get("rcode", "NOERROR") != "NOERROR" or not isinstance(addresses, list | tuple):
        return False
    return bool(addresses) and all(address in targets for address in addresses)


def _unreadable(readings: list[Reading], due: moments.Deadline) -> str:
    """Why nothing can be said of one host's answers; empty when it can."""
    if all(reading.error for reading in readings):
        return f"no reading succeeded: {readings[-1].error}" if readings else "no readings"
    inside = [reading for reading in readings if due.start <= _known_at(reading) <= _end(due)]
    return "" if inside else "no reading lies in the window"


def _change(readings: list[Reading], due: moments.Deadline, targets: frozenset[str]) -> int | None:
    """When answers came to point at the targets for the rest of the window, or first did so after it."""
    since: int | None = None
    for reading in readings:
        known = _known_at(reading)
        if known < due.start:
            continue
        if since is not None and known > _end(due):
            return since
        if not points_at(reading, targets):
            since = None
        elif since is None:
            since = known
    return since


def _pointed_there_before(readings: list[Reading], due: moments.Deadline, targets: frozenset[str]) -> bool:
    before = [reading for reading in readings if _known_at(reading) < due.start and not reading.error]
    return bool(before) and points_at(before[-1], targets)


def _last_answer(readings: tuple[Reading, ...], host: str, due: moments.Deadline) -> str:
    """What the last reading of the window said, for the reason."""
    inside = [reading for reading in readings if reading.host == host and _known_at(reading) <= _end(due)]
    if not inside:
        return "no answer"
    addresses = inside[-1].value.get("addresses")
    shown = ", ".join(map(str, addresses)) if isinstance(addresses, list | tuple) and addresses else "no address"
    return inside[-1].error or f"at its end: {shown}, {inside[-1].value.get('rcode', 'NOERROR')}"


def _known_at(reading: Reading) -> int:
    return reading.t + reading.took


def _end(due: moments.Deadline) -> int:
    return due.start + round(due.limit.value * NS)
