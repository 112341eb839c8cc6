"""What a load by hand is: plain values, and the work each of its generators gets."""

from __future__ import annotations

from dataclasses import dataclass, field

from chaoskit.core.load import Arrivals, Connections
from chaoskit.core.population import Population
from chaoskit.core.request import Request
from chaoskit.core.retry import Retry
from chaoskit.loads.arrivals.closed import Closed
from chaoskit.loads.course import Course, Deal
from chaoskit.loads.work import Client, Job, Work

NETWORKS = ("198.18.0.0/15",)
"""Where labs are: set aside for measuring (RFC 2544, section C.2.2), and routed nowhere."""

NAME = "load"


@dataclass(frozen=True)
class LoadPlan:
    """One stream of requests, made by one or several generator processes.

    Attributes:
        arrivals: the process of the whole load, which the generators share.
        client: as whom they send.
        workers: how many generators there are.
        duration: ns during which requests arrive.
        timeout: ns from the intended start.
        population: the users that requests are of, shared by the generators; None for one anonymous client.
        retries: what follows a failed attempt.
        owned: the target is the user's, and may lie outside loopback and outside labs.
    """

    request: Request
    arrivals: Arrivals
    client: Client
    duration: int
    timeout: int
    connections: Connections = Connections.KEEP_ALIVE
    workers: int = 1
    seed: int = 0
    owned: bool = False
    population: Population | None = None
    retries: Retry = field(default_factory=Retry)

    @property
    def closed(self) -> bool:
        """Whether users wait for answers, so that latencies hide how long somebody who comes at any moment waits."""
        return isinstance(self.arrivals, Closed)

    def work(self, origin: int) -> tuple[Work, ...]:
        """What each generator is told; `origin` is CLOCK_MONOTONIC ns of t = 0.

        All make the same schedule, which the seed alone decides, and each takes its own arrivals of it: how many
        generators there are changes nothing of what is asked, and when.

        Raises:
            UsageError: there are fewer users, or addresses, than generators.
        """
        return tuple(self._work(origin, index) for index in range(self.workers))

    def _work(self, origin: int, index: int) -> Work:
        job = Job(
            NAME,
            self.request,
            self.arrivals,
            (self.client,),
            self.timeout,
            self.connections,
            retries=self.retries,
            population=self.population and self.population.share(index, self.workers),
            any_target=True,  # `owned` decides: whoever typed the target meant it
        )
        course = Course((Deal(0, index, self.workers),)) if self.workers > 1 else None
        return Work(origin, self.duration, self.seed, (job,), NETWORKS, self.owned, course)
