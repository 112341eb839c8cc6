"""Who generates load: this process alone, or a master's workers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from chaoskit.core.clock_offset import ClockCourse
from chaoskit.loads.clocks import Clocks, answer
from chaoskit.loads.locust.engine_process import Told
from chaoskit.loads.locust.node import Jobs, Node
from chaoskit.loads.merge import ONE_CLOCK

ORDER, WORD, CLOCK = "chaoskit_order", "chaoskit_word", "chaoskit_clock"
"""Messages between master and workers: an order, what a node reports, and what its clock shows."""
Hear = Callable[[str, Told], None]


class Crew(Protocol):
    """The nodes that a conductor has."""

    def connected(self) -> frozenset[str]:
        """Those that are there, ready or not."""
        ...

    def send(self, member: str, order: Told) -> None:
        """Give one of them an order."""
        ...

    def clock(self, member: str) -> ClockCourse:
        """How far a member's clock leads this process's; of those that were heard to be ready.

        Raises:
            KeyError: it never was.
        """
        ...


class Alone:
    """Nodes of this process's own, each with an engine in a process beside it.

    Args:
        environment: Locust's.
        jobs: the loads of its locustfile, given the host that load goes to.
        hear: gets what they report.
        count: how many.
    """

    def __init__(self, environment: Environment, jobs: Jobs, hear: Hear, count: int) -> None:
        names = [f"engine {number}" for number in range(1, count + 1)]
        self.nodes = {name: Node(environment, jobs, partial(hear, name)) for name in names}

    def connected(self) -> frozenset[str]:
        """All of them."""
        return frozenset(self.nodes)

    def send(self, member: str, order: Told) -> None:
        """Have one of them obey."""
        self.nodes[member].obey(order)

    def clock(self, member: str) -> ClockCourse:
        """The same as this one's."""
        return ONE_CLOCK


class Workers:
    """A master's workers. Their clocks are measured before anybody hears that they are ready, or are done."""

    def __init__(self, runner: MasterRunner, hear: Hear) -> None:
        self._runner = runner
        self._clocks = clocks = Clocks(lambda member, told: runner.send_message(CLOCK, told, client_id=member))

        def heard(member: str, told: Told) -> None:
            if "ready" in told or "account" in told:
                clocks.measure(member, lambda: hear(member, told))
            else:
                hear(member, told)

        runner.register_message(WORD, lambda environment, msg: heard(msg.node_id, msg.data), concurrent=True)
        runner.register_message(CLOCK, lambda environment, msg: clocks.hear(msg.node_id, msg.data), concurrent=True)

    def connected(self) -> frozenset[str]:
        """Workers that Locust takes for alive."""
        clients = self._runner.clients
        return frozenset(client.id for client in (*clients.ready, *clients.spawning, *clients.running))

    def send(self, member: str, order: Told) -> None:
        """By Locust's own messages."""
        self._runner.send_message(ORDER, order, client_id=member)

    def clock(self, member: str) -> ClockCourse:
        """As it was measured.

        Raises:
            KeyError: it was not.
        """
        return self._clocks.course(member)


def work_for_master(environment: Environment, runner: WorkerRunner, jobs: Jobs) -> Node:
    """The node of a worker. Its statistics reach the master before its account does, which closes the run."""

    def report(told: Told) -> None:
        if "account" in told:
            data: dict[str, Any] = {}
            events: Any = environment.events
            events.report_to_master.fire(client_id=runner.client_id, data=data)
            runner.send_message("stats", data)
        runner.send_message(WORD, told)

    node = Node(environment, jobs, report)
    runner.register_message(
        CLOCK, lambda environment, msg: runner.send_message(CLOCK, answer(msg.data)), concurrent=True
    )
    runner.register_message(ORDER, lambda environment, msg: node.obey(msg.data), concurrent=True)
    return node
