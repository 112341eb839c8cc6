"""Load: an arrival process of requests from a client population, through a protocol.

Open loop: arrivals do not wait for answers, and latency counts from the intended start. Users of a closed loop
(`chaoskit.loads.arrivals.closed`) do wait; for them it counts from when they meant to ask.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

from chaoskit.core.errors import DefinitionError
from chaoskit.core.naming import Dns, DnsCache, Naming
from chaoskit.core.population import Population
from chaoskit.core.request import Request
from chaoskit.core.retry import Retry
from chaoskit.core.selector import Selector
from chaoskit.core.units import Duration, duration
from chaoskit.core.where import Where, caller


class Outcome(StrEnum):
    """What became of an arrival: exactly one of these, so that their counts add up to the arrivals."""

    OK = "ok"
    BAD = "bad"
    """Answered with an accepted status, but not as `ok=` demands (header, body, latency)."""
    CLIENT_ERROR = "4xx"
    """Of a name server: FORMERR, REFUSED, NOTAUTH, NOTZONE."""
    UNAVAILABLE = "503"
    SERVER_ERROR = "5xx"
    """Any 5xx but 503; of a name server: SERVFAIL, NOTIMP."""
    OTHER_STATUS = "other status"
    """A 1xx-3xx that `ok=` does not accept; of a name server: any other response code."""
    NO_ADDRESS = "no address"
    """The name did not resolve: NXDOMAIN, SERVFAIL or an empty answer, of a registry too.

    Where the name server itself is the target (`dns://`): NXDOMAIN, or no record of the type that was asked for.
    """
    DNS_TIMEOUT = "dns timeout"
    """Whoever was asked where the server is (name servers, a registry) did not answer in time."""
    CONNECT_TIMEOUT = "connect timeout"
    RESPONSE_TIMEOUT = "response timeout"
    """Sent, but no first byte in time."""
    BODY_TIMEOUT = "body timeout"
    REFUSED = "refused"
    RESET = "reset"
    """The connection was reset, or closed before the answer was complete."""
    UNREACHABLE = "unreachable"
    BAD_RESPONSE = "bad response"
    """Bytes that are no answer of the protocol."""
    LATE = "late"
    """Never sent: its timeout had passed before the generator came to it."""
    NO_PORT = "no port"
    """No local port or descriptor was left for a connection (EADDRNOTAVAIL, EMFILE)."""
    TLS = "tls"
    """No TLS came about, or it broke: a certificate that does not verify, an alert, bytes that are no TLS."""


OUTCOMES = tuple(Outcome)
"""Their order is their code in a history's columns."""


class Arrivals(Protocol):
    """When requests are meant to start. Values are frozen and picklable."""

    def times(self, duration_s: float, rng: random.Random) -> Iterator[float]:
        """Intended starts in seconds from 0, ascending, below `duration_s`."""
        ...

    def rate_at(self, t: float) -> float:
        """The intended rate a second at `t` seconds: for plans, plots and sample sizes."""
        ...

    def part(self, of: int) -> Arrivals:
        """The same process at one `of`-th of the rate: what each of `of` client hosts contributes."""
        ...

    @property
    def title(self) -> str:
        """How a plan calls it: `Poisson, 400/s`."""
        ...


class Connections(StrEnum):
    """How a client uses connections."""

    KEEP_ALIVE = "keep-alive"
    NEW = "new"
    """A connection a request."""


@dataclass(frozen=True, eq=False)
class Load:
    """A stream of requests from every selected client host.

    Attributes:
        arrivals: the process of the whole load; each client host gets an equal, independent part, or of a trace,
            of bursts and of a closed loop's users what it is dealt in turn.
        timeout: ns from the intended start, all attempts included.
        connections: keep connections or open one a request.
        connection_life: ns after which a kept connection is closed once idle; None for no limit.
        naming: how a client finds the server that the request names.
        retries: further attempts after a failure of any class but `late`: so many at once, or a policy. None that
            would begin after the timeout. An operation of a client library that changes something is tried again
            only where it certainly had no effect.
        any_target: the load may go to addresses outside the lab and outside loopback.
        connection_requests: requests after which a kept connection is closed; None for no limit.
        population: the users it comes from, of protocols over HTTP; None for anonymous requests.
    """

    request: Request
    arrivals: Arrivals
    clients: Selector
    timeout: int
    connections: Connections
    connection_life: int | None
    naming: Naming
    retries: int | Retry
    any_target: bool = False
    label: str | None = None
    where: Where = field(default_factory=caller)
    connection_requests: int | None = None
    population: Population | None = None

    @property
    def called(self) -> str:
        """What it is called where the names of its experiment are not at hand."""
        return self.label or self.request.title

    def named(self, label: str) -> Load:
        """The same load under a name of its own."""
        return replace(self, label=label)


def load(
    request: Request,
    arrivals: Arrivals,
    *,
    clients: Selector,
    timeout: Duration = "1s",
    connections: Connections = Connections.KEEP_ALIVE,
    connection_life: Duration | None = None,
    dns_cache: DnsCache | None = None,
    naming: Naming | None = None,
    retries: int | Retry = 0,
    any_target: bool = False,
    connection_requests: int | None = None,
    population: Population | None = None,
) -> Load:
    """Describe a load; see `Load` for the meaning of each part.

    `dns_cache=` is short for `naming=Dns(...)`, which is how clients find servers unless told otherwise.

    Raises:
        DefinitionError: both are given, or a connection may have no request at all.
    """
    if connection_requests is not None and connection_requests < 1:
        raise DefinitionError(f"{caller()}: connection_requests={connection_requests}: it is 1 at least, or left out")
    if dns_cache is not None and naming is not None:
        raise DefinitionError(f"{caller()}: a load has dns_cache= or naming=, not both")
    life = None if connection_life is None else duration(connection_life)
    return Load(
        request,
        arrivals,
        clients,
        duration(timeout),
        connections,
        life,
        naming or Dns(dns_cache or DnsCache.TTL),
        retries,
        any_target,
        None,
        caller(),
        connection_requests,
        population,
    )
