"""Ties engines to a Locust environment, by its events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from chaoskit.core.errors import ChaoskitError
from chaoskit.loads.locust.conductor import Conductor
from chaoskit.loads.locust.crew import Alone, Workers, work_for_master
from chaoskit.loads.locust.node import Jobs, Node
from chaoskit.loads.scale import cores, engines_for
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
            alone.append(Alone(environment, jobs, hear, _engines(environment, jobs)))
            return alone[0]

        conductor = Conductor(environment, runner, seed, crew)
        for node in alone[0].nodes.values():
            _on_stop(environment, node)
    events: Any = environment.events
    events.test_start.add_listener(lambda **_more: conductor.begin())
    events.test_stopping.add_listener(lambda **_more: conductor.end())
    return conductor


def _engines(environment: Environment, jobs: Jobs) -> int:
    """As many as the loads need, as far as that is known: users of a shape multiply what each of them contributes."""
    if environment.shape_class:
        return cores()
    try:
        return engines_for(job.arrivals for job in jobs(environment.host))
    except ChaoskitError:
        return 1  # told when the run begins


def _on_stop(environment: Environment, node: Node) -> None:
    events: Any = environment.events
    events.test_stop.add_listener(lambda **_more: node.finish())
    events.quitting.add_listener(lambda **_more: node.close())
