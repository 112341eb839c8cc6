"""DNS: from a host to its address by literal, `/etc/hosts`, cache, look-up.

A look-up happens when a connection is needed and no cached address may be used. Requests that meet
a look-up under way share it, and only the one that started it shows its duration; without a cache
each makes its own, as getaddrinfo(3) does. Failures are not cached.
"""

from __future__ import annotations

from time import monotonic_ns

from chaoskit.core.load import DnsCache
from chaoskit.loads.lookup import Resolved
from chaoskit.loads.loop import FAR
from chaoskit.loads.naming import Found, Place, Vantage
from chaoskit.loads.resolver import Resolver
from chaoskit.loads.targets import literal


class DnsFinder:
    """Finds one host by DNS."""

    def __init__(self, mode: DnsCache, vantage: Vantage) -> None:
        client, engine = vantage.client, vantage.engine
        self._host = vantage.host
        self._mode = mode
        self._resolver = Resolver(client, vantage.stream.network, engine.networks, engine.loop)
        address = literal(vantage.host) or client.hosts.get(vantage.host)
        self._place: Place | None = (address, 0) if address else None
        self._fixed = address is not None
        self._expires = FAR if self._fixed else 0
        self._sharing: list[Found] | None = None
        if address is not None:
            vantage.require(address)
        else:
            for server, _ in self._resolver.servers:
                vantage.require(server, "name server")

    def forget(self) -> None:
        """Empty the cache; what needs no look-up stays."""
        self._expires = FAR if self._fixed else 0

    def known(self, now: int) -> Place | None:
        """The address, if no look-up is needed."""
        return self._place if now < self._expires else None

    def find(self, found: Found) -> None:
        """Look the name up, or share the look-up under way."""
        if self._sharing is not None:
            self._sharing.append(found)
            return
        sharing: list[Found] = []
        if self._mode is not DnsCache.NONE:
            self._sharing = sharing
        started = monotonic_ns()

        def done(resolved: Resolved) -> None:
            now = monotonic_ns()
            self._sharing = None
            self._keep(resolved, now)
            found(resolved, now - started)
            for sharer in sharing:
                sharer(resolved, -1)

        self._resolver.look_up(self._host, done)

    def _keep(self, resolved: Resolved, now: int) -> None:
        if resolved.address and self._mode is not DnsCache.NONE:
            self._place = (resolved.address, 0)
            self._expires = FAR if self._mode is DnsCache.FOREVER else now + resolved.ttl

    def close(self) -> None:
        """Let go of look-ups under way."""
        self._resolver.close()
