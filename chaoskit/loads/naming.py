"""From a URL's host to the address a client connects to: literal, `/etc/hosts`, cache, look-up.

A look-up happens when a connection is needed and no cached address may be used. Requests that meet
a look-up under way share it, and only the one that started it shows its duration; without a cache
each makes its own, as getaddrinfo(3) does. Failures are not cached.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic_ns

from chaoskit.core.load import DnsCache
from chaoskit.loads.lookup import Resolved
from chaoskit.loads.loop import FAR
from chaoskit.loads.resolver import Resolver
from chaoskit.loads.targets import literal
from chaoskit.loads.work import Client

Found = Callable[[Resolved, int], None]
"""Gets the answer, and the ns its look-up took: -1 for one that was shared."""


class Naming:
    """One load's idea of where its host is, on one client host."""

    def __init__(self, host: str, mode: DnsCache, client: Client, resolver: Resolver) -> None:
        self._host = host
        self._mode = mode
        self._resolver = resolver
        self._address = literal(host) or client.hosts.get(host)
        self._fixed = self._address is not None
        self._expires = FAR if self._fixed else 0
        self._sharing: list[Found] | None = None

    def forget(self) -> None:
        """Empty the cache; what needs no look-up stays."""
        self._expires = FAR if self._fixed else 0

    def known(self, now: int) -> str | None:
        """The address, if no look-up is needed."""
        return self._address if now < self._expires else None

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
            self._address = resolved.address
            self._expires = FAR if self._mode is DnsCache.FOREVER else now + resolved.ttl
