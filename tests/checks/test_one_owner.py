"""`one_owner`: two at once are found, however short of proof; nobody, too; and silence is not taken for an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from chaoskit.checks.one_owner import one_owner
from chaoskit.core.errors import DefinitionError
from chaoskit.core.history import Event, History, Reading
from chaoskit.core.selector import role
from chaoskit.core.step import Json
from chaoskit.core.units import NS
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN
from chaoskit.core.window import begin, window
from chaoskit.probes.holds_address import holds_address
from chaoskit.testing import host, make_history, readings, topology_of
from tests.checks.world import OUTAGE, outage

PAIR = topology_of([host("lb-1", "198.18.1.1", role="lb"), host("lb-2", "198.18.1.2", role="lb")])
holders = holds_address("198.18.1.100").at(role("lb"), every="50ms")
handover = window(after=begin(outage), lasting="1s")
"""From 5 s on."""


def told(name: str, holds: Callable[[float], bool | None]) -> tuple[Reading, ...]:
    """A host's readings every 50 ms over 30 s; none (an error) where `holds` gives None."""

    def value(t: float) -> Mapping[str, Json] | str:
        said = holds(t)
        return "no network" if said is None else {"holds": said, "interface": "eth1" if said else ""}

    return readings("holders", name, value, every="50ms")


def history(
    first: Callable[[float], bool | None], second: Callable[[float], bool | None], events: tuple[Event, ...] = ()
) -> History:
    """A run of 30 s in which the pair says so of itself."""
    names = {"holders": holders, "outage": outage}
    read = (*told("lb-1", first), *told("lb-2", second))
    return make_history(names=names, readings=read, events=(*OUTAGE, *events), topology=PAIR)


def life(name: str, what: str, t: float) -> Event:
    """News of a host."""
    return Event(round(t * NS), "host", name, what)


def test_one_after_the_other_is_one_owner() -> None:
    """Nobody has it for a moment of the handover, which is allowed there."""
    record = history(lambda t: t < 5.1, lambda t: t >= 5.8)
    verdict = one_owner(holders, handover=handover).judge(record)
    assert (verdict.outcome, verdict.measured, verdict.samples) == (PASS, 0, None)
    assert verdict.reason.startswith("never two at once in 1,200 readings: ")
    assert "lb-1 5.0" in verdict.reason


def test_two_at_once_are_two_owners() -> None:
    """From the later one's first reading to the earlier one's last, and both are named."""
    verdict = one_owner(holders).judge(history(lambda t: t < 9, lambda t: t >= 6))
    assert (verdict.outcome, verdict.measured) == (FAIL, pytest.approx(2.95, abs=0.01))
    assert verdict.reason.startswith("lb-1 and lb-2 both had it for 2.949 s, from 6.001 s on")


def test_the_longest_of_several_overlaps_is_measured_and_a_tolerated_one_passes() -> None:
    """Two short splits are not added up; a bound above the longest holds."""
    record = history(lambda _: True, lambda t: 5 <= t < 6 or 20 <= t < 22)
    assert one_owner(holders).judge(record).measured == pytest.approx(1.95, abs=0.01)
    assert one_owner(holders, overlap="2s").judge(record).outcome is PASS


def test_what_lies_between_two_readings_is_not_guessed() -> None:
    """The old owner's last reading and the new one's first are of the same moment: nobody can say that both had it."""
    record = history(lambda t: t <= 10, lambda t: t >= 10)
    assert one_owner(holders).judge(record).outcome is PASS


def test_nobody_outside_a_handover_fails() -> None:
    """Half a second without an owner, in a handover and not in one."""
    record = history(lambda t: t < 5.1, lambda t: t >= 5.6)
    assert one_owner(holders, handover=handover).judge(record).outcome is PASS
    verdict = one_owner(holders).judge(record)
    assert (verdict.outcome, verdict.measured) == (FAIL, 0)
    assert "nobody had it for 44" in verdict.reason
    late = history(lambda t: t < 5.1, lambda t: t >= 6.6)
    assert one_owner(holders, handover=handover).judge(late).outcome is FAIL


def test_a_window_leaves_out_what_is_not_in_it() -> None:
    """A split before it does not count, nor does one that reaches into it for more than it does."""
    record = history(lambda _: True, lambda t: t < 7)
    assert one_owner(holders, during=window(after=begin(outage))).judge(record).measured == pytest.approx(
        1.95, abs=0.01
    )
    assert one_owner(holders, during=window(after=begin(outage), delay="3s")).judge(record).outcome is PASS


def test_a_host_that_is_off_owns_nothing_and_need_not_be_read() -> None:
    """It went off as the owner; its readings fail until it is back, and the other has the address meanwhile."""

    def first(t: float) -> bool | None:
        return None if 5 <= t < 11.2 else t < 5

    away = (life("lb-1", "off", 5.0), life("lb-1", "running", 11.0))
    assert one_owner(holders, handover=handover).judge(history(first, lambda t: t >= 5.7, away)).outcome is PASS
    still_off = history(lambda t: True if t < 5 else None, lambda t: t >= 5.7, away[:1])
    assert one_owner(holders, handover=handover).judge(still_off).outcome is PASS


def test_silence_of_a_host_that_is_on_is_unknown() -> None:
    """Nobody can say what it held; a short silence is bridged, and two owners before it stay two owners."""
    silent = history(lambda _: True, lambda t: None if 12 <= t < 14 else False)
    verdict = one_owner(holders).judge(silent)
    assert verdict.outcome is UNKNOWN
    assert "lb-2 was not read for 2.0" in verdict.reason
    assert one_owner(holders, silence="3s").judge(silent).outcome is PASS
    never = history(lambda _: True, lambda _: None)
    assert one_owner(holders).judge(never).outcome is UNKNOWN
    split = history(lambda _: True, lambda t: None if t >= 12 else t < 5)
    assert one_owner(holders).judge(split).outcome is FAIL


def test_what_lies_in_a_silence_is_not_guessed() -> None:
    """The first owner is read at both ends of 10 s, in which the other one has it; and nobody had it only if so."""
    record = history(lambda t: True if not 0.1 < t < 10 else None, lambda t: 1 <= t < 9)
    verdict = one_owner(holders).judge(record)
    assert verdict.outcome is UNKNOWN
    assert "lb-1 was not read for 9.8" in verdict.reason
    assert one_owner(holders, silence="10s").judge(record).measured == pytest.approx(7.95, abs=0.01)
    idle = history(lambda t: t >= 10.5 if not 0.1 < t < 10 else None, lambda t: t < 9)
    assert one_owner(holders, during=window(lasting="9.9s")).judge(idle).outcome is UNKNOWN


def test_times_that_are_none_are_refused_where_they_are_written() -> None:
    """The overlap that is allowed, and the silence."""
    with pytest.raises(DefinitionError, match=r"test_one_owner\.py:\d+: "):
        one_owner(holders, overlap="soon")
    with pytest.raises(DefinitionError, match="silence=0"):
        one_owner(holders, silence="0s")


def test_a_probe_that_is_read_nowhere_is_refused_where_it_is_written() -> None:
    """Before anything runs."""
    with pytest.raises(DefinitionError, match="does not say where"):
        one_owner(holds_address("198.18.1.100"))
