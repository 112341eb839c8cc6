"""DNS: from a host to its addresses by literal, `/etc/hosts`, cache, look-up.

A look-up happens when a connection is needed and no cached address may be used. Requests that meet
a look-up under way share it, and only the one that started it shows its duration; without a cache
each makes its own, as getaddrinfo(3) does. Failures are not cached, but where stale answers serve on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from time import monotonic_ns

from chaoskit.core.naming import Dns, DnsCache, Fallback, Pick
from chaoskit.loads.lookup import Resolved
from chaoskit.loads.naming import Found, Place, Vantage
from chaoskit.loads.namings.cache import Cache
from chaoskit.loads.resolver import Resolver
from chaoskit.loads.targets import literal


class DnsFinder:
    """Finds one host by DNS."""

    def __init__(self, wanted: Dns, vantage: Vantage) -> None:
        client, engine, stream = vantage.client, vantage.engine, vantage.stream
        self._wanted = wanted
        self._vantage = vantage
        self._resolver = Resolver(client, stream.network, engine.networks, engine.loop)
        self._cache = Cache(wanted)
        self._several = wanted.pick is Pick.RANDOM or wanted.fallback is not Fallback.NONE
        self._chance = Random(f"{engine.seed}/{stream.name}/{client.host}/{vantage.host}/addresses")
        self._last: tuple[str, ...] = ()
        self._waiting: list[Found] = []
        self._asked = -1
        self._told = False
        address = literal(vantage.host) or client.hosts.get(vantage.host)
        self._place: Place | None = (address, 0) if address else None
        if address is not None:
            vantage.require(address)
        else:
            for server, _ in self._resolver.servers:
                vantage.require(server, "name server")

    def forget(self) -> None:
        """Empty the cache; what needs no look-up stays."""
        self._cache.forget()

    def known(self, now: int) -> Place | None:
        """The address, if no look-up is needed."""
        if self._place is not None:
            return self._place
        addresses = self._cache.kept(now)
        return (self._picked(addresses), 0) if addresses else None

    def alternatives(self, place: Place) -> list[Place]:
        """Where else the last answer would have a connection go, in the order it is to be tried."""
        others = [address for address in self._last if address != place[0]]
        if self._wanted.pick is Pick.RANDOM:
            self._chance.shuffle(others)
        return [(address, 0) for address in others]

    def find(self, found: Found) -> None:
        """Look the name up, or share the look-up under way."""
        now = monotonic_ns()
        if self._wanted.cache is DnsCache.NONE:
            self._resolver.look_up(
                self._vantage.host, lambda resolved: self._tell([found], resolved, monotonic_ns() - now)
            )
            return
        self._waiting.append(found)
        if self._asked < 0:
            self._ask(now)
        elif self._wanted.stale is not None and now >= self._asked + self._wanted.stale_after:
            self._serve_stale(now)

    def close(self) -> None:
        """Let go of look-ups under way."""
        self._resolver.close()

    def _ask(self, now: int) -> None:
        self._asked, self._told = now, False
        if self._wanted.stale is not None:

            def late(moment: int) -> None:
                if self._asked == now and self._waiting:
                    self._serve_stale(moment)

            self._vantage.engine.loop.at(now + self._wanted.stale_after, late)
        self._resolver.look_up(self._vantage.host, self._answered)

    def _serve_stale(self, now: int) -> None:
        """The look-up takes long: give those who wait what there was before, if that may still be used."""
        addresses = self._cache.stale(now)
        if addresses:
            self._tell_all(_resolved(addresses), now, self._asked)

    def _answered(self, resolved: Resolved) -> None:
        now = monotonic_ns()
        if resolved.address is not None:
            self._cache.keep((resolved.address, *resolved.others), resolved.ttl, now)
        elif resolved.final:
            self._cache.forget()
        elif stale := self._cache.stale(now):
            resolved = _resolved(stale)
        self._asked, asked = -1, self._asked
        self._tell_all(resolved, now, asked)

    def _tell_all(self, resolved: Resolved, now: int, asked: int) -> None:
        """Hand an answer to those who share a look-up; who asked is the first, unless it has been told already."""
        waiting, self._waiting = self._waiting, []
        told, self._told = self._told, True
        self._tell(waiting, resolved, -1 if told else now - asked)

    def _tell(self, waiting: Sequence[Found], resolved: Resolved, took: int) -> None:
        """Hand an answer to those who wait for it; `took` is of the first one."""
        if resolved.address is not None and self._several:
            self._last = (resolved.address, *resolved.others)
            for address in self._last:
                self._vantage.require(address)
        for found in waiting:
            found(self._one_of(resolved), took)
            took = -1

    def _one_of(self, resolved: Resolved) -> Resolved:
        if resolved.address is None or self._wanted.pick is Pick.FIRST:
            return resolved
        return replace(resolved, address=self._picked((resolved.address, *resolved.others)))

    def _picked(self, addresses: tuple[str, ...]) -> str:
        return addresses[0] if self._wanted.pick is Pick.FIRST else self._chance.choice(addresses)


def _resolved(addresses: tuple[str, ...]) -> Resolved:
    return Resolved(addresses[0], others=addresses[1:])
