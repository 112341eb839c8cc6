"""What a load generator is told to do: plain values that travel to its process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chaoskit.core.errors import UsageError
from chaoskit.core.load import Arrivals, Connections, Load
from chaoskit.core.mix import parts_of
from chaoskit.core.naming import Dns, Naming
from chaoskit.core.population import Population
from chaoskit.core.request import Request
from chaoskit.core.retry import Retry
from chaoskit.loads.arrivals.closed import Closed
from chaoskit.loads.course import Course
from chaoskit.loads.registry import require

MAX_CONNECTIONS = 4096
"""Connections one load of one client host may hold; beyond it requests wait for one, until their timeout."""

IMPORTABLE = "Use the arrivals of chaoskit.loads, or put your class into a module that can be imported."
"""The remedy for arrivals that another process cannot make sense of."""


@dataclass(frozen=True)
class Client:
    """A host that load comes from.

    Attributes:
        host: its name, as the history shows it.
        netns: its network namespace, such as `/proc/PID/ns/net`; None for this process's own network.
        nameservers: addresses to ask for names, `198.18.0.53` or `127.0.0.1#5353`, in order of preference.
        hosts: its `/etc/hosts`: name to address; asked before any name server.
        resolver_options: the `options` of its `resolv.conf` that matter here: `timeout:N`, `attempts:N`, `rotate`.
    """

    host: str
    netns: Path | None = None
    nameservers: tuple[str, ...] = ()
    hosts: Mapping[str, str] = field(default_factory=dict)
    resolver_options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """One load and the client hosts that share it; see `chaoskit.core.load.Load` for the common fields.

    Attributes:
        max_connections: connections the load may hold at once from each client host.
        start: ns after the origin when its arrivals begin; its shape's time counts from there.
        lasting: ns after `start` when they end; None for the end of the work.
        op: what rows have in place of the request's own `op`; empty for that.
    """

    name: str
    request: Request
    arrivals: Arrivals
    clients: tuple[Client, ...]
    timeout: int
    connections: Connections = Connections.KEEP_ALIVE
    connection_life: int | None = None
    naming: Naming = field(default_factory=Dns)
    retries: int | Retry = 0
    any_target: bool = False
    max_connections: int = MAX_CONNECTIONS
    start: int = 0
    lasting: int | None = None
    connection_requests: int | None = None
    population: Population | None = None
    op: str = ""

    @classmethod
    def of(cls, name: str, load: Load, clients: Sequence[Client], *, start: int = 0, lasting: int | None = None) -> Job:
        """The job that a load of an experiment means, all through the run unless told otherwise.

        Raises:
            UsageError: its request is of a protocol that this generator does not speak, or that knows no users.
        """
        try:
            for part in parts_of(load.request):
                require(part.request.protocol)
        except UsageError as error:
            raise UsageError(f"{load.where}: {error.args[0]}", remedy=error.remedy) from None
        others = {part.request.protocol for part in parts_of(load.request)} - {"http"}
        if load.population is not None and others:
            raise UsageError(
                f"{load.where}: a load of {', '.join(sorted(others))} requests comes from no population",
                remedy="Leave out population=; get(...) and post(...) have users.",
            )
        if load.population is not None and isinstance(load.arrivals, Closed):
            raise UsageError(
                f"{load.where}: the users of a closed loop are no population",
                remedy="Leave out population=, or use arrivals that do not wait: poisson(...), constant(...).",
            )
        return cls(
            name,
            load.request,
            load.arrivals,
            tuple(clients),
            load.timeout,
            load.connections,
            load.connection_life,
            load.naming,
            load.retries,
            load.any_target,
            start=start,
            lasting=lasting,
            connection_requests=load.connection_requests,
            population=load.population,
        )


@dataclass(frozen=True)
class Work:
    """Everything a generator does in one run.

    Attributes:
        origin: CLOCK_MONOTONIC ns of t = 0, in the near future.
        duration: ns from the origin during which requests arrive.
        seed: the same seed gives the same schedules.
        networks: address ranges (CIDR) of the lab; addresses outside them and outside loopback are refused.
        owned: a job with `any_target` may go there: there is no way out of the lab, or its targets are the user's.
        course: how this generator shares the schedule with others; None for the only one.
    """

    origin: int
    duration: int
    seed: int
    jobs: tuple[Job, ...]
    networks: tuple[str, ...] = ()
    owned: bool = True
    course: Course | None = None

    def end_of(self, job: Job) -> int:
        """When a job's arrivals end, ns after the origin; never after the work's own end."""
        return self.duration if job.lasting is None else min(self.duration, job.start + job.lasting)
