"""How soon some packets are found on a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chaoskit.checks.captured import counted
from chaoskit.core.check import check
from chaoskit.core.errors import UsageError
from chaoskit.core.history import History
from chaoskit.core.probe import Probe
from chaoskit.core.units import NS
from chaoskit.core.verdict import FAIL, Limit, Unit, Verdict, held_to, unknown
from chaoskit.core.window import Window


@check
def packets_seen(history: History, capture: Probe, *, within: Window) -> Verdict:
    """A packet that passes a capture's filter is known, at any of its hosts, before a window ends.

    What is measured is the time from the window's start until the reading that had it. Counting begins with the first
    reading of the window: a packet of the interval before it may be older than the window.

    Args:
        history: the run.
        capture: of what is expected.
        within: from when on, and how long: `window(after=begin(vpn_down), lasting="1s")`.
    """
    allowed = within.lasting.total if within.lasting else 0
    onwards = replace(within, lasting=None)
    found = counted(history, capture, onwards, straddling=False)
    firsts = [(one.first, one.host) for one in found if one.first is not None]
    start = history.span(within).start
    if firsts:
        first, host = min(firsts)
        reason = f"the first packet is known at {host}"
        return held_to((first - start) / NS, "<=", allowed / NS, Unit.SECONDS, reason, parts=str(within.lasting))
    problems = [one.problem for one in found if one.problem]
    if any(one.packets for one in counted(history, capture, onwards)):
        problems.append("the only packets came between a reading before the window's start and the first one after it")
    if problems or not found:
        return unknown("; ".join(problems) or "the capture has no reading")
    return Verdict(FAIL, "no packet was ever seen", None, Limit("<=", allowed / NS), Unit.SECONDS)


@packets_seen.accepts
def _(given: Mapping[str, Any]) -> None:
    if given["within"].lasting is None:
        raise UsageError("within= needs a window that says how long", remedy='window(after=..., lasting="1s")')
