"""Whether hosts say the same."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from chaoskit.checks import rows
from chaoskit.core.check import check
from chaoskit.core.errors import UsageError
from chaoskit.core.history import History, Reading
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
    transferred is then seen, not assumed. Readings that failed are left out; a host without any other makes
    the check unknown, and so do fewer than two hosts.

    Args:
        history: the run.
        probe: whose readings.
        field: a key of its readings.
        at: readings taken at these hosts only; of them, those at which the probe reads.
        during: readings taken up in this window only.
    """
    span = history.span(during)
    among = None if at is None else {host.name for host in rows.hosts(history, at)}
    every = history.readings_of(probe, among)
    inside = [reading for reading in every if during is None or span.holds(reading.t)]
    last: dict[str, Json] = {}
    for host in sorted({reading.host for reading in every}):
        own = [reading for reading in inside if reading.host == host]
        said = [reading.value[field] for reading in own if not reading.error and field in reading.value]
        if not said:
            return unknown(f"{host}: {_lacking(own, field)}", remedy="Look at the probe's readings in the history.")
        last[host] = said[-1]
    if len(last) < _FEWEST:
        return unknown(
            f"{len(last)} of the hosts has readings, and it takes two to agree", remedy="Read at more hosts."
        )
    return held_to(len(_different(last)), "==", 1, Unit.COUNT, _told(last, field), samples=len(last))


_FEWEST = 2


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


def _lacking(own: Sequence[Reading], field: str) -> str:
    if not own:
        return "no reading in the window"
    last = own[-1]
    return f"every reading failed ({last.error})" if last.error else f"no reading has the field {field!r}"
