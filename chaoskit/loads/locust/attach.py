"""Ties engines to a Locust environment, by its events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from chaoskit.loads.locust.conductor import Conductor
from chaoskit.loads.locust.crew import Alone, Workers, work_for_master
from chaoskit.loads.locust.node import Node
from chaoskit.loads.work import Job

Loads = Callable[[str | None], tuple[tuple[Job, ...], int | None]]
"""The loads of a locustfile, given the host that load goes to, and the seed it asks for."""


def attach(environment: Environment, loads: Loads) -> Conductor | None:
    """Let engines run whenever Locust does; to be called once its runner is there.

    Returns:
        What decides over the run, except for workers: theirs is their master's.
    """

    def jobs(host: str | None) -> tuple[Job, ...]:
        return loads(host)[0]

    def seed() -> int | None:
        return loads(environment.host)[1]

    runner = environment.runner
    assert runner is not None
    if isinstance(runner, WorkerRunner):
        node = work_for_master(environment, runner, jobs)
        _on_stop(environment, node)
        return None
    if isinstance(runner, MasterRunner):
        conductor = Conductor(environment, runner, seed, lambda hear: Workers(runner, hear))
    else:
        alone: list[Alone] = []

        def crew(hear: Any) -> Alone:
            alone.append(Alone(environment, jobs, hear))
            return alone[0]

        conductor = Conductor(environment, runner, seed, crew)
        _on_stop(environment, alone[0].node)
    events: Any = environment.events
    events.test_start.add_listener(lambda **_more: conductor.begin())
    events.test_stopping.add_listener(lambda **_more: conductor.end())
    return conductor


def _on_stop(environment: Environment, node: Node) -> None:
    events: Any = environment.events
    events.test_stop.add_listener(lambda **_more: node.finish())
    events.quitting.add_listener(lambda **_more: node.close())
