"""DNS as load: what a stub resolver asks, over UDP, and over TCP where an answer does not fit.

    fresh = load(lookup("{n}.shop.example.com"), poisson("50/s"), clients=role("client"), timeout="3s")

Each arrival is a look-up of its own by the client host's `resolv.conf`: its name servers in their order,
with its `timeout` and `attempts`. Nothing is cached here; with `{n}` in the name nothing below a wildcard
record (RFC 4592) is cached in resolvers either, so that each arrival is a fresh resolution.

A row's `op` is the record's type, `value` the first address, `server` the name server asked last, `status`
the response code (RFC 1035 section 4.1.1: 0 no error, 2 SERVFAIL, 3 NXDOMAIN), `connect` a TCP handshake.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from chaoskit.core.errors import UsageError
from chaoskit.core.load import Outcome
from chaoskit.loads import dns
from chaoskit.loads.call import CODE, RESOLVING, Call
from chaoskit.loads.lookup import LookUp, Resolved
from chaoskit.loads.queries import Queries
from chaoskit.loads.question import DnsQuery
from chaoskit.loads.resolver import Resolver, server_address
from chaoskit.loads.stream import Stream

if TYPE_CHECKING:
    from chaoskit.loads.engine import Engine
    from chaoskit.loads.work import Client, Job

_TYPES = {"A": dns.A, "AAAA": dns.AAAA}
_OK, _BAD = CODE[Outcome.OK], CODE[Outcome.BAD]


@dataclass(frozen=True)
class Lookup:
    """One question.

    Attributes:
        name: fully qualified; `{n}` stands for a number that no other question of the run has.
        record: `A` or `AAAA`.
        ok: ranges (CIDR) or addresses, one of which the first address must be in; empty accepts any.
        servers: to ask in place of the client host's, `198.18.0.53` or `127.0.0.1#5353`.
    """

    name: str
    record: str = "A"
    ok: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()
    protocol: str = "dns"

    @property
    def op(self) -> str:
        """The record's type."""
        return self.record

    @property
    def title(self) -> str:
        """As dig(1) would be asked."""
        return f"{self.record} {self.name}"


def lookup(name: str, record: str = "A", *, ok: str | Iterable[str] = (), server: str | Iterable[str] = ()) -> Lookup:
    """A look-up of a name's addresses.

    Args:
        name: fully qualified; `{n}` in it becomes a number that no other question of the run has.
        record: `A` or `AAAA`.
        ok: addresses or ranges the first address must be in; another one is `bad`.
        server: a name server, or several, in place of those of the client host's resolv.conf.

    Raises:
        UsageError: it is no name, type, address or range.
    """
    accepted = (ok,) if isinstance(ok, str) else tuple(ok)
    servers = (server,) if isinstance(server, str) and server else tuple(server)
    if record not in _TYPES:
        raise UsageError(f"a look-up for {record!r}: there are {' and '.join(_TYPES)}")
    try:
        dns.query(0, name.replace("{n}", "1" * 12), _TYPES[record])
        for text in accepted:
            ip_network(text)
        for text in servers:
            ip_address(server_address(text)[0])
    except ValueError as error:
        raise UsageError(f"lookup({name!r}): {error}") from None
    return Lookup(name, record, accepted, servers)


class Lookups(Stream):
    """Look-ups of one load from one client host."""

    __slots__ = ("_accepted", "_kind", "_name", "_numbers", "_resolver", "_under_way")

    def __init__(self, engine: Engine, job: Job, client: Client, request: Lookup) -> None:
        super().__init__(engine, job, client)
        self._name = request.name
        self._kind = _TYPES[request.record]
        self._accepted = [ip_network(text) for text in request.ok]
        self._numbers = engine.numbers
        self._resolver = Resolver(client, self.network, engine.networks, engine.loop, request.servers)
        self._under_way: dict[Call, LookUp] = {}
        for server, _ in self._resolver.servers:
            self.targets.require(server, f"load {job.name}, name server of {client.host}")

    def start(self, call: Call, now: int) -> None:
        """Ask; the resolver goes from server to server by itself."""
        call.phase = RESOLVING
        name = self._name.replace("{n}", str(next(self._numbers)))
        look_up = self._resolver.look_up(name, lambda resolved: self._resolved(call, resolved), self._kind)
        if call.phase == RESOLVING:  # else it came to its end at once
            self._under_way[call] = look_up

    def cut(self, call: Call) -> tuple[int, int]:
        """Stop asking."""
        look_up = self._under_way.pop(call, None)
        if look_up is None:
            return 0, 0
        look_up.cancel()
        return self._noted(call, look_up), 0

    def close(self) -> None:
        """Let go of what is under way."""
        self._resolver.close()

    def _resolved(self, call: Call, resolved: Resolved) -> None:
        now = self._engine.now()
        look_up = self._under_way.pop(call, None)
        server = 0 if look_up is None else self._noted(call, look_up)
        outcome = self._outcome(resolved)
        if outcome != _OK and self.retry(call, now, outcome, server):
            return
        if resolved.address is not None or resolved.code:
            call.first = now
        value = self._engine.labels.code("value", resolved.address or "")
        self.finish(call, outcome, now, status=resolved.code, server=server, value=value)

    def _outcome(self, resolved: Resolved) -> int:
        if resolved.address is None:
            return CODE[resolved.failure]
        address = ip_address(resolved.address)
        return _OK if not self._accepted or any(address in network for network in self._accepted) else _BAD

    def _noted(self, call: Call, look_up: LookUp) -> int:
        call.sent, call.connect = look_up.sent, look_up.connect
        return self._engine.labels.code("server", look_up.server)


def open_stream(engine: Engine, job: Job, client: Client) -> Stream:
    """Serve a load of look-ups, or of questions to one name server, from one client host.

    Raises:
        UsageError: the request calls itself DNS and is none.
    """
    if isinstance(job.request, DnsQuery):
        return Queries(engine, job, client, job.request)
    if not isinstance(job.request, Lookup):
        raise UsageError(f"load {job.name}: {job.request.title} is no look-up", remedy="Use lookup(...) or query(...).")
    return Lookups(engine, job, client, job.request)
