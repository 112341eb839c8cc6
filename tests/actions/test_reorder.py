"""`reorder` on a real network: the share is overtaken, by as long as was asked for, and nothing is lost."""

from __future__ import annotations

import statistics

import pytest

from chaoskit.actions.reorder import reorder
from chaoskit.core.selector import name
from chaoskit.testing import check_action
from tests.packets import BY_PROCESS, as_found, flight, in_force, is_share, means_of, overtaken
from tests.wire import wired

COUNT = 2000
MS = 1_000_000


@pytest.mark.lab
def test_a_tenth_is_overtaken_and_nothing_is_lost() -> None:
    """The late ones are late by the time asked for, the others at once."""
    with wired("a", "b") as wire:
        check_action(reorder(name("a"), 0.1), wire.topology, lab=wire.lab)
        before = as_found(wire, "a")
        with in_force(wire, reorder(name("a"), "10%", by="20ms")) as step:
            arrived = flight(wire, COUNT, gap_s=0.0002)
            assert means_of(step) in BY_PROCESS
        assert {each.number for each in arrived} == set(range(COUNT))
        late = [each.took for each in arrived if each.took > 18 * MS]
        assert is_share(len(late), COUNT, 0.1)
        assert statistics.median(late) == pytest.approx(20 * MS, abs=2 * MS)
        # The last ones have nobody behind them.
        assert len(late) - 30 <= overtaken(arrived) <= len(late)
        assert as_found(wire, "a") == before
        assert overtaken(flight(wire, 200)) == 0
