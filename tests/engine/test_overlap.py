"""Actions on the life of one host must not overlap."""

from __future__ import annotations

import pytest

from chaoskit.core.action import Action
from chaoskit.core.errors import UsageError
from chaoskit.core.step import Step
from chaoskit.core.units import NS
from chaoskit.core.where import Where
from chaoskit.engine.entries import PlannedEntry
from chaoskit.engine.overlap import refuse_overlaps
from chaoskit.steps.command import Command
from chaoskit.steps.inject import Inject
from chaoskit.steps.link import SetLink
from chaoskit.steps.pause import Pause
from chaoskit.steps.power_off import PowerOff
from chaoskit.steps.signal import Signal
from chaoskit.steps.stop import Stop

TOLD = Command("w", ("a",), ("b",), undo_argv=("c",))


def _entry(name: str, start: int, lasting: int | None, *steps: Step) -> PlannedEntry:
    action = Action("x", {}, lambda _planning: steps, 600 * NS, False, Where("x.py", 7), name)
    return PlannedEntry(
        name, action, steps, start * NS, None if lasting is None else lasting * NS, tuple(s.target for s in steps)
    )


@pytest.mark.parametrize(
    ("first", "second", "meets"),
    [
        (_entry("a", 1, 2, Pause("w")), _entry("b", 2, 2, Stop("w")), True),
        (_entry("a", 1, 2, Pause("w")), _entry("b", 3, 2, Stop("w")), False),
        (_entry("a", 1, 2, Pause("w")), _entry("b", 2, 2, Stop("v")), False),
        (_entry("a", 0, None, Pause("w")), _entry("b", 9, 1, Stop("v"), Stop("w")), True),
        (_entry("a", 1, 9, SetLink("w", "front", "eth0")), _entry("b", 2, 2, Stop("w")), False),
        (_entry("a", 1, 2, Pause("w")), _entry("b", 2, None, Stop("w")), True),
        (_entry("a", 1, 2, TOLD), _entry("b", 2, 2, Pause("w")), True),
        (_entry("a", 1, 2, Signal("w", "KILL")), _entry("b", 2, 2, TOLD), True),
        (_entry("a", 1, 2, TOLD), _entry("b", 3, 2, Stop("w")), False),
        (_entry("a", 1, 2, TOLD), _entry("b", 2, 2, Stop("v")), False),
        (_entry("a", 1, 2, TOLD), _entry("b", 2, 2, TOLD), False),
        (_entry("a", 1, 9, TOLD), _entry("b", 2, 2, PowerOff("w")), False),
        (_entry("a", 1, 9, TOLD), _entry("b", 2, 2, Inject("w", "m:f", {}, "m:g")), False),
    ],
)
def test_two_lives_of_one_host_at_once_are_refused(first: PlannedEntry, second: PlannedEntry, meets: bool) -> None:
    """Same host, same time, both changing its life, or one of them a command that needs it. Else fine."""
    if meets:
        with pytest.raises(UsageError, match=r"x\.py:7: b and a are both in force on w at"):
            refuse_overlaps([first, second])
    else:
        refuse_overlaps([first, second])
