"""Which arm is run next where several are run side by side: none that would only wait for another one's subnets.

A Docker engine gives a subnet to one lab at a time, and an arm has the subnets of its experiment's other arms.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network
from typing import Generic, TypeVar

from chaoskit.engine.plan import Plan
from chaoskit.labs.drivers import DOCKER

T = TypeVar("T")


class Apart(Generic[T]):
    """A queue of what is to be run, in order but for what has to wait; taken from by several threads."""

    def __init__(self, items: Sequence[T], plan: Callable[[T], Plan]) -> None:
        self._waiting = list(items)
        self._plan = plan
        self._running: list[T] = []
        self._changed = threading.Condition()

    def take(self) -> T:
        """The first that can run beside those that do; waits for one of them to end where none can.

        To be called as often as there are items.
        """
        with self._changed:
            while True:
                for item in self._waiting:
                    if not any(self._clash(item, other) for other in self._running):
                        self._waiting.remove(item)
                        self._running.append(item)
                        return item
                self._changed.wait()

    def give_back(self, item: T) -> None:
        """It has ended."""
        with self._changed:
            self._running.remove(item)
            self._changed.notify_all()

    def _clash(self, one: T, other: T) -> bool:
        mine, theirs = _subnets(self._plan(one)), _subnets(self._plan(other))
        return any(subnet.overlaps(another) for subnet in mine for another in theirs)


def _subnets(plan: Plan) -> tuple[IPv4Network, ...]:
    """Those that nobody else can have meanwhile."""
    return tuple(IPv4Network(network.subnet) for network in plan.topology.networks) if plan.driver == DOCKER else ()
