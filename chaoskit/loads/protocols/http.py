"""HTTP/1.1 on the engine's loop; its requests are `chaoskit.core.request.get` and its like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaoskit.core.errors import UsageError
from chaoskit.core.request import HttpRequest
from chaoskit.loads.flow import Flow
from chaoskit.loads.population.flow import PopulationFlow

if TYPE_CHECKING:
    from chaoskit.loads.engine import Engine
    from chaoskit.loads.stream import Stream
    from chaoskit.loads.work import Client, Job


def open_stream(engine: Engine, job: Job, client: Client) -> Stream:
    """Serve a load of HTTP requests from one client host.

    Raises:
        UsageError: the request calls itself HTTP and is none.
    """
    if not isinstance(job.request, HttpRequest):
        raise UsageError(
            f"load {job.name}: {job.request.title} is no HTTP request", remedy="Use get(...) or post(...)."
        )
    if job.population is not None:
        return PopulationFlow(engine, job, client, job.request, job.population)
    return Flow(engine, job, client, job.request)
