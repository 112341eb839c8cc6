"""Whether some packets stay away from a network."""

from __future__ import annotations

from chaoskit.checks.captured import Counted, counted
from chaoskit.core.check import check
from chaoskit.core.history import History
from chaoskit.core.probe import Probe
from chaoskit.core.units import show_duration
from chaoskit.core.verdict import Unit, Verdict, held_to, unknown
from chaoskit.core.window import Window

_SMALLER = "Capture at more hosts with a narrower filter, or read more often."


@check
def no_packets(
    history: History, capture: Probe, *, during: Window | None = None, control: Probe | None = None
) -> Verdict:
    """No packet passes a capture's filter.

    One packet fails it, however many may have been missed. None passes it only where the capture was there from
    beginning to end: dropped packets, a capture that began late or anew and a reading that is missing at the end make
    it unknown. So does a control that counted nothing: an interface on which nothing is seen proves nothing.

    Args:
        history: the run.
        capture: a capture of what must not be there.
        during: the window in which it must not; without one from the boot actions on.
        control: a capture at the same place of what certainly is there, such as encrypted packets.
    """
    found = counted(history, capture, during)
    total = sum(one.packets for one in found)
    if total:
        return held_to(total, "<=", 0, Unit.COUNT, _where(history, found, during))
    if not found:
        return unknown("the capture has no reading", remedy="See the run's log: did its host ever have a network?")
    if problems := [one.problem for one in found if one.problem]:
        return unknown("; ".join(problems), remedy=_SMALLER)
    if control is None:
        return held_to(0, "<=", 0, Unit.COUNT, f"no packet at {_hosts(found)}")
    witnessed = counted(history, control, during)
    silent = {one.host for one in found} - {one.host for one in witnessed if one.packets}
    if silent:
        return unknown(
            f"no packet, but none of the control's either at {', '.join(sorted(silent))}",
            remedy="Look whether the control's filter and network are right, and whether its traffic flows.",
        )
    seen = sum(one.packets for one in witnessed)
    return held_to(0, "<=", 0, Unit.COUNT, f"no packet at {_hosts(found)}, where the control counted {seen:,}")


def _hosts(found: tuple[Counted, ...]) -> str:
    return ", ".join(one.host for one in found)


def _where(history: History, found: tuple[Counted, ...], during: Window | None) -> str:
    start = history.span(during).start
    seen = [one for one in found if one.first is not None]
    parts = [
        f"{one.packets:,} packets with {one.bytes:,} bytes at {one.host}, known "
        f"{show_duration((one.first or 0) - start)} after the window's start"
        for one in seen
    ]
    return "; ".join(parts)
