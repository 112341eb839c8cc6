"""What a client remembers of one name: the answer, for how long, and what it does when there is no new one. Pure."""

from __future__ import annotations

from chaoskit.core.naming import Dns, DnsCache
from chaoskit.loads.loop import FAR


class Cache:
    """The last answer about one name. Moments are ns of CLOCK_MONOTONIC.

        kept                     stale: used when a look-up fails, or takes too long
    |-----------------------|----------------------------------------------|
    answer               expires                                          ends

    A stale answer that is used counts as kept again for a while, so that a name server that is away is not
    asked for every connection (RFC 8767 section 5: the failure recheck timer).
    """

    def __init__(self, wanted: Dns) -> None:
        self._wanted = wanted
        self._addresses: tuple[str, ...] = ()
        self._expires = 0
        self._ends = 0

    def kept(self, now: int) -> tuple[str, ...]:
        """The addresses that may be used without asking; none where the name is to be looked up."""
        return self._addresses if now < self._expires else ()

    def keep(self, addresses: tuple[str, ...], ttl: int, now: int) -> None:
        """Take an answer in; `ttl` in ns, as it says."""
        if self._wanted.cache is DnsCache.NONE:
            return
        self._addresses = addresses
        self._expires = FAR if self._wanted.cache is DnsCache.FOREVER else now + self._wanted.kept(ttl)
        self._ends = self._expires + (self._wanted.stale or 0)

    def stale(self, now: int) -> tuple[str, ...]:
        """The addresses that serve on without a new answer; from now on they count as kept for a while."""
        if self._wanted.stale is None or now >= self._ends:
            return ()
        if now >= self._expires:
            self._expires = min(now + self._wanted.recheck, self._ends)
        return self._addresses

    def forget(self) -> None:
        """Nothing is known any more."""
        self._addresses, self._expires, self._ends = (), 0, 0
