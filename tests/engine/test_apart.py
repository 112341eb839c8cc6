"""Which of several arms may run side by side."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import cast

import pytest

from chaoskit.core.topology import Network, Topology
from chaoskit.engine.apart import Apart
from chaoskit.engine.plan import Plan


@dataclass(frozen=True)
class Arm:
    """As much of a plan as matters here."""

    name: str
    driver: str
    subnet: str

    @property
    def topology(self) -> Topology:
        """One network."""
        return Topology("lab", (), (Network("a", self.subnet),))


def queue(*arms: Arm) -> Apart[Arm]:
    """A queue of these."""
    return Apart(arms, lambda arm: cast(Plan, arm))


GSLB, TWIN = Arm("guarded", "docker", "198.18.16.0/23"), Arm("twin", "docker", "198.18.17.0/24")
DNS = Arm("dns", "docker", "198.18.0.0/24")


def test_arms_of_one_lab_do_not_run_at_once_on_docker() -> None:
    """What overlaps is passed over for the next, and taken when the other has ended."""
    it = queue(GSLB, TWIN, DNS)
    assert [it.take(), it.take()] == [GSLB, DNS]
    it.give_back(GSLB)
    assert it.take() == TWIN


def test_native_arms_keep_their_order() -> None:
    """Native labs have their addresses to themselves."""
    one, two = Arm("guarded", "native", "198.18.16.0/23"), Arm("twin", "native", "198.18.16.0/23")
    it = queue(one, two)
    assert [it.take(), it.take()] == [one, two]


def test_whoever_finds_nothing_waits() -> None:
    """A thread that can run nothing gets the next arm at the moment the other ends, and not before."""
    it = queue(GSLB, TWIN)
    assert it.take() == GSLB
    taken: list[Arm] = []
    thread = threading.Thread(target=lambda: taken.append(it.take()))
    thread.start()
    thread.join(0.1)
    assert taken == []
    it.give_back(GSLB)
    thread.join(5)
    assert taken == [TWIN]


@pytest.mark.parametrize("order", [(GSLB, TWIN, DNS), (DNS, TWIN, GSLB), (TWIN, DNS, GSLB)])
def test_each_arm_is_taken_once(order: tuple[Arm, ...]) -> None:
    """Whatever their order, all of them are run."""
    it, taken = queue(*order), []
    for _ in order:
        taken.append(it.take())
        it.give_back(taken[-1])
    assert sorted(arm.name for arm in taken) == sorted(arm.name for arm in order)
