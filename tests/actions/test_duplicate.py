"""`duplicate` on a real network: the share is right, each twice and no more."""

from __future__ import annotations

from collections import Counter

import pytest

from chaoskit.actions.duplicate import duplicate
from chaoskit.core.selector import name
from chaoskit.testing import check_action
from tests.packets import BY_RULES, as_found, flight, in_force, is_share, means_of
from tests.wire import wired

COUNT = 4000


@pytest.mark.lab
def test_a_tenth_arrives_twice_and_the_rest_once() -> None:
    """A copy is not copied again; undone, each arrives once."""
    with wired("a", "b") as wire:
        check_action(duplicate(name("a"), 0.1), wire.topology, lab=wire.lab)
        before = as_found(wire, "a")
        with in_force(wire, duplicate(name("a"), "10%", towards=name("b"))) as step:
            times = Counter(each.number for each in flight(wire, COUNT))
            assert means_of(step) in BY_RULES
        assert len(times) == COUNT
        assert set(times.values()) == {1, 2}
        assert is_share(sum(times.values()) - COUNT, COUNT, 0.1)
        assert as_found(wire, "a") == before
        with in_force(wire, duplicate(name("a"), 1)):
            assert set(Counter(each.number for each in flight(wire, 200)).values()) == {2}
        assert len(flight(wire, 200)) == 200
