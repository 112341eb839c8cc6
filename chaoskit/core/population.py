"""Who stands behind a load: users, the addresses they come from, and what they keep between requests.

         user 1 ---.                        user 1 ---.
         user 2 ----+-- 198.19.16.1         user 2 ----+-- proxy: one address, one pool of connections
         user 3 ------- 198.19.16.2         user 3 ---'

A load without a population is anonymous: one pool of connections a client host, from the host's own address.

Regions need no word of their own. A load has a population for each of them, from that region's client hosts:

    [load(..., clients=role("client") & region(name), population=Population(users=40_000, sources=prefix))
     for name, prefix in (("eu", "198.19.16.0/20"), ("na", "198.19.32.0/20"))]
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from chaoskit.core.errors import DefinitionError, UsageError
from chaoskit.core.where import caller

POPULATIONS = IPv4Network("198.19.0.0/16")
"""Addresses that no lab gives to a host (chaoskit.labs.ipam); of 198.18.0.0/15, set aside by RFC 2544."""
LOOPBACK = IPv4Network("127.0.0.0/8")
"""Every one of them is an address of this machine: populations on loopback need neither a lab nor a route."""
_LONGEST_PREFIX = 30


@dataclass(frozen=True)
class Uniform:
    """The same number of users behind every address, but for one."""

    def __str__(self) -> str:
        return "uniform"


@dataclass(frozen=True)
class Zipf:
    """A few addresses with many users, as behind carrier-grade NAT, and many with a few.

    The address of rank k - the k-th of the prefix - is drawn for a user with a probability that falls as k ** -s.

    Attributes:
        s: the exponent, above 0; about 1 for what the word was made for.
    """

    s: float = 1.1

    def __str__(self) -> str:
        return f"Zipf {self.s:g}"


Spread = Uniform | Zipf
"""How users are distributed over addresses."""


def uniform() -> Uniform:
    """As many users behind one address as behind another."""
    return Uniform()


def zipf(s: float = 1.1) -> Zipf:
    """A few big networks behind one address each, and many small ones; see `Zipf`.

    Raises:
        DefinitionError: the exponent is not above 0.
    """
    if not s > 0:
        raise DefinitionError(f"{caller()}: the exponent of zipf() is above 0, not {s:g}")
    return Zipf(s)


@dataclass(frozen=True)
class Population:
    """The users of one load, all its client hosts together. Each arrival is of a user drawn at random.

    Every user has connections of its own, and its address for the whole run. Names are resolved once a client host,
    by the resolver that its users share.

    Attributes:
        users: how many; each client host has an equal part of them.
        sources: the IPv4 prefix they come from, inside 198.19.0.0/16 or 127.0.0.0/8; each client host has an equal
            part of it, and the lab's hosts get a route there for the run. None for the host's own address.
        spread: how they are distributed over the addresses of the prefix.
        proxy: the users of a client host stand behind one outbound proxy: they share its connections, and its
            address, the first of the host's part of the prefix.
        cookies: each user keeps cookies and sends them back, which is what a sticky balancer goes by.
        connections: how many a client host may hold at once; None for the limit of loads without a population. When
            it is reached, the one that has been idle longest is closed for the user who needs one.

    Raises:
        DefinitionError: there is no user, or the prefix is none that a population may have.
    """

    users: int
    sources: str | None = None
    spread: Spread = field(default_factory=Uniform)
    proxy: bool = False
    cookies: bool = False
    connections: int | None = None

    def __post_init__(self) -> None:
        if self.users < 1 or (self.connections is not None and self.connections < 1):
            raise DefinitionError(f"{caller()}: a population has a user and a connection at least")
        if self.sources is not None:
            _require_free(self.sources)

    @property
    def title(self) -> str:
        """How a plan calls it: `40,000 users from 198.19.16.0/20 (uniform)`."""
        where = f" from {self.sources} ({self.spread})" if self.sources and not self.proxy else ""
        proxy = f" behind one proxy a client host{f' in {self.sources}' if self.sources else ''}" if self.proxy else ""
        return f"{self.users:,} users{where}{proxy}{', with cookies' if self.cookies else ''}"

    @property
    def needs_routes(self) -> bool:
        """Whether a lab has to be told the way to its addresses."""
        return self.sources is not None and not IPv4Network(self.sources).subnet_of(LOOPBACK)

    def share(self, index: int, of: int) -> Population:
        """What is one client host's of `of`, counted from 0.

        Raises:
            UsageError: the users, or the addresses, are too few for so many hosts.
        """
        if self.users < of:
            raise UsageError(
                f"{self.users} users cannot be on {of} client hosts", remedy="Have as many users as hosts."
            )
        users = self.users // of + (index < self.users % of)
        return Population(users, self._part(index, of), self.spread, self.proxy, self.cookies, self.connections)

    def _part(self, index: int, of: int) -> str | None:
        if self.sources is None or of == 1:
            return self.sources
        network = IPv4Network(self.sources)
        longer = network.prefixlen + (of - 1).bit_length()
        if longer > _LONGEST_PREFIX:
            raise UsageError(
                f"{self.sources} cannot be divided among {of} client hosts",
                remedy="Give the population a larger prefix.",
            )
        size = 1 << (32 - longer)
        return str(IPv4Network((int(network.network_address) + index * size, longer)))


def addresses_of(prefix: str) -> tuple[IPv4Address, int]:
    """The first of the addresses of a prefix that a client may come from, and how many there are.

    Its first and last one are left out: on loopback they are broadcast addresses, and elsewhere they look like them.
    """
    network = IPv4Network(prefix)
    return network.network_address + 1, network.num_addresses - 2


def _require_free(prefix: str) -> None:
    try:
        network = IPv4Network(prefix)
    except ValueError as error:
        raise DefinitionError(
            f"{caller()}: sources={prefix!r} is no IPv4 prefix: {error}", remedy="Write one such as 198.19.16.0/20."
        ) from None
    if not (network.subnet_of(POPULATIONS) or network.subnet_of(LOOPBACK)) or network.prefixlen > _LONGEST_PREFIX:
        raise DefinitionError(
            f"{caller()}: the addresses of a population lie inside {POPULATIONS}, or inside {LOOPBACK} without a lab; "
            f"{prefix} is no prefix of {_LONGEST_PREFIX} bits or less there"
        )
