"""Whether hosts say the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chaoskit.checks.polled import LOOK, polled
from chaoskit.core.check import check
from chaoskit.core.errors import UsageError
from chaoskit.core.history import History
from chaoskit.core.probe import Probe
from chaoskit.core.selector import Selector
from chaoskit.core.step import Json
from chaoskit.core.verdict import Unit, Verdict, held_to, unknown
from chaoskit.core.window import Window


@check
def agreement(
    history: History, probe: Probe, field: str, *, at: Selector | None = None, during: Window | None = None
) -> Verdict:
    """How many different values a probe read at several hosts, by the last reading of each; there must be one.

    Two name servers have the same zone when their SOA records have the same serial number: that the zone was
    transferred is then seen, not assumed. Readings that failed are left out. A host whose last other one was taken
    long before the window's end - five intervals, or a second - makes the check unknown, and so do one that says
    nothing (an empty text or list) and fewer than two hosts.

    Args:
        history: the run.
        probe: whose readings.
        field: a key of its readings, or of one inside of them, as for `reading`.
        at: readings taken at these hosts only; of them, those at which the probe reads.
        during: readings taken up in this window only.
    """
    last: dict[str, Json] = {}
    for each in polled(history, probe, field, at=at, during=during):
        if problem := each.old():
            return unknown(f"{each.host}: {problem}", remedy=LOOK)
        last[each.host] = each.values[-1]
        if last[each.host] in _NOTHING:
            return unknown(f"{each.host}: the last {field} is empty, so there is nothing to agree about", remedy=LOOK)
    if len(last) < _FEWEST:
        return unknown(
            f"{len(last)} of the hosts has readings, and it takes two to agree", remedy="Read at more hosts."
        )
    return held_to(len(_different(last)), "==", 1, Unit.COUNT, _told(last, field))


_FEWEST = 2
_NOTHING: tuple[Json, ...] = ("", [], {})


@agreement.accepts
def _(given: Mapping[str, Any]) -> None:
    if not given["field"]:
        raise UsageError("no field is named, so there is nothing to agree about")


def _different(last: Mapping[str, Json]) -> dict[str, list[str]]:
    """Hosts by what they say."""
    found: dict[str, list[str]] = {}
    for host, value in last.items():
        found.setdefault(json.dumps(value, sort_keys=True), []).append(host)
    return found


def _told(last: Mapping[str, Json], field: str) -> str:
    groups = [f"{', '.join(hosts)}: {value}" for value, hosts in _different(last).items()]
    return f"{field} at {'; '.join(groups)}"
