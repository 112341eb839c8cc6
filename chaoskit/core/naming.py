"""How clients find their servers: the contract, and DNS as resolvers and client libraries really use it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from chaoskit.core.errors import UsageError
from chaoskit.core.units import NS, Duration, duration, show_duration


class DnsCache(StrEnum):
    """What a client does with an answer's time to live."""

    TTL = "ttl"
    FOREVER = "forever"
    """The first answer, for the process's life: what a JVM with that setting does."""
    NONE = "none"


class Pick(StrEnum):
    """Which address of an answer a new connection goes to first."""

    FIRST = "first"
    """The first one: a server that rotates its answers decides, one that sorts them as well."""
    RANDOM = "random"
    """Any of them, equally likely."""


class Fallback(StrEnum):
    """What becomes of the other addresses when a connection does not come about; all of it is one attempt."""

    NONE = "none"
    """Nothing: the attempt has failed."""
    NEXT = "next"
    """When a connect fails the next address is tried; one that is silent is waited for."""
    RACE = "race"
    """As `NEXT`, and one that is pending for 250 ms gets company; the first that connects is used (RFC 8305, 5)."""


class Naming(Protocol):
    """How a client finds its server. Values are frozen and picklable; `chaoskit.loads.namings` has them."""

    @property
    def fresh(self) -> bool:
        """Whether every connection asks anew where to go: what it is told is then an independent draw."""
        ...

    @property
    def title(self) -> str:
        """How a plan calls it: `DNS, cache ttl`."""
        ...


@dataclass(frozen=True)
class Dns:
    """By DNS, as the client host's own resolver library would: hosts file, then name servers. See `resolver`.

    Attributes:
        cache: what it does with an answer's time to live.
        min_ttl: ns an answer is kept at least.
        max_ttl: ns an answer is kept at most; None for as long as it says.
        stale: ns after its end for which an answer serves on while no new one is to be had; None for not at all.
        stale_after: ns a look-up is waited for before a stale answer is used.
        recheck: ns a stale answer is used before the name is looked up again.
        pick: which address of an answer is connected to.
        fallback: what becomes of the others. Client libraries with connections of their own do as they do.
    """

    cache: DnsCache = DnsCache.TTL
    min_ttl: int = 0
    max_ttl: int | None = None
    stale: int | None = None
    stale_after: int = 1_800_000_000
    recheck: int = 30 * NS
    pick: Pick = Pick.FIRST
    fallback: Fallback = Fallback.NONE

    def __post_init__(self) -> None:
        bounded = self.min_ttl or self.max_ttl is not None or self.stale is not None
        if bounded and self.cache is not DnsCache.TTL:
            raise UsageError(f"a cache '{self.cache}' has no use for min_ttl, max_ttl or stale")
        if self.max_ttl is not None and self.max_ttl < self.min_ttl:
            raise UsageError(
                f"answers cannot be kept for {show_duration(self.min_ttl)} at least and "
                f"{show_duration(self.max_ttl)} at most"
            )
        if self.recheck <= 0:
            raise UsageError("a stale answer is used for some time before the name is looked up again")

    @property
    def fresh(self) -> bool:
        """Only without a cache."""
        return self.cache is DnsCache.NONE

    def kept(self, ttl: int) -> int:
        """How long an answer with this time to live is kept, both in ns."""
        longest = ttl if self.max_ttl is None else min(ttl, self.max_ttl)
        return max(longest, self.min_ttl)

    @property
    def title(self) -> str:
        """With its cache, and what else differs from the plainest resolver."""
        words = [f"DNS, cache {self.cache}"]
        words += [f"for {show_duration(self.min_ttl)} at least"] if self.min_ttl else []
        words += [f"for {show_duration(self.max_ttl)} at most"] if self.max_ttl is not None else []
        words += [f"stale for {show_duration(self.stale)}"] if self.stale is not None else []
        words += [f"{self.pick} address"] if self.pick is not Pick.FIRST else []
        words += ["then the next"] if self.fallback is Fallback.NEXT else []
        words += ["addresses race"] if self.fallback is Fallback.RACE else []
        return ", ".join(words)


def resolver(
    cache: DnsCache | str = DnsCache.TTL,
    *,
    min_ttl: Duration = 0,
    max_ttl: Duration | None = None,
    stale: Duration | None = None,
    stale_after: Duration = "1.8s",
    recheck: Duration = "30s",
    pick: Pick | str = Pick.FIRST,
    fallback: Fallback | str = Fallback.NONE,
) -> Dns:
    """A client's resolver, for `load(..., naming=resolver(...))`.

    Args:
        cache: `ttl`, `forever` or `none`.
        min_ttl: how long an answer is kept at least, whatever it says.
        max_ttl: how long an answer is kept at most.
        stale: how long after its end an answer may serve on while no name server has a new one (RFC 8767; it
            suggests one to three days). That a name does not exist is an answer, after which nothing serves on.
        stale_after: how long a look-up is waited for before the stale answer is used; RFC 8767 recommends 1.8 s.
        recheck: how long a stale answer is then used before the name is looked up again; RFC 8767 recommends 30 s.
        pick: `first` or `random`.
        fallback: `none`, `next` or `race`.

    Raises:
        UsageError: there is no such behaviour, or parts contradict each other.
    """
    try:
        kinds = DnsCache(cache), Pick(pick), Fallback(fallback)
    except ValueError as error:
        raise UsageError(f"a resolver does not know {error}") from None
    return Dns(
        kinds[0],
        duration(min_ttl),
        None if max_ttl is None else duration(max_ttl),
        None if stale is None else duration(stale),
        duration(stale_after),
        duration(recheck),
        kinds[1],
        kinds[2],
    )
