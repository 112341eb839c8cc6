"""A registry: the instances that stand below a prefix of etcd, asked for by the client itself.

    pool = registry("/pool/", endpoints=["etcd-a", "etcd-b", "etcd-c"], cache="1s")
    load(get("http://price/"), ..., naming=pool)

With a cache the client asks again in the background when its list is older than that, and goes on with the
list it has while the registry is away. Without one every new connection asks, and fails where the registry
does. New connections take turns through the instances. Instances are written as their registrars do:
`{"address": "198.18.0.31", "port": 8080}` or `198.18.0.31:8080`; without a port the request's is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic_ns

from chaoskit.core.errors import UsageError
from chaoskit.core.naming import Dns
from chaoskit.core.units import Duration, duration, show_duration
from chaoskit.loads.asker import Answered, Asker, Question
from chaoskit.loads.directory import Directory
from chaoskit.loads.gateway import endpoints_of
from chaoskit.loads.lookup import Resolved
from chaoskit.loads.naming import Found, Place, Vantage
from chaoskit.loads.session import defect


@dataclass(frozen=True)
class Registry:
    """Instances below a prefix.

    Attributes:
        question: what is asked, and whom.
        cache: ns after which the list is asked for again; None to ask for every connection.
    """

    question: Question
    cache: int | None

    @property
    def fresh(self) -> bool:
        """Only without a cache."""
        return self.cache is None

    @property
    def title(self) -> str:
        """Prefix and cache."""
        cache = "no cache" if self.cache is None else f"cache {show_duration(self.cache)}"
        return f"registry {self.question.prefix}, {cache}"

    def open_finder(self, vantage: Vantage) -> RegistryFinder:
        """Begin to ask; the members' own names are found by DNS."""
        return RegistryFinder(self, vantage)


def registry(
    prefix: str,
    *,
    endpoints: str | Sequence[str],
    cache: Duration | None = "1s",
    attempt: Duration = "500ms",
    serializable: bool = False,
) -> Registry:
    """Find instances below a prefix of etcd, whatever host the request names.

    Args:
        prefix: what the keys begin with, `/pool/`.
        endpoints: members of etcd: hosts or addresses, with a port where it is not 2379; tried in this order.
        cache: how old the list may be; None to ask for every new connection.
        attempt: how long one member is given.
        serializable: have a member answer from its own state, a minority's member too.

    Raises:
        UsageError: the prefix is empty, there is no endpoint, or one makes no sense.
    """
    if not prefix:
        raise UsageError("a registry's instances stand below a prefix", remedy='Write one such as "/pool/".')
    age = None if cache is None else duration(cache)
    return Registry(Question(prefix, endpoints_of(endpoints), duration(attempt), serializable), age)


class RegistryFinder:
    """One load's list of instances, on one client host. One question is under way at a time.

    Who comes while one is shares the answer if the client has a cache, else that of the next question: an
    answer that was asked for before it came could be older than it.
    """

    def __init__(self, wanted: Registry, vantage: Vantage) -> None:
        self._wanted = wanted
        self._vantage = vantage
        hosts = tuple(endpoint.host for endpoint in wanted.question.endpoints)
        self._directory = Directory(vantage.engine, vantage.stream, vantage.client, hosts, Dns())
        self._asker: Asker | None = None
        self._asking: list[tuple[Found, int]] | None = None
        self._waiting: list[tuple[Found, int]] = []
        self._places: tuple[Place, ...] = ()
        self._turn = 0
        self._expires = 0

    def known(self, now: int) -> Place | None:
        """The next instance of the cached list; a list that is too old is renewed meanwhile."""
        places = self._places
        if not places:
            return None
        if now >= self._expires:
            self._expires = now + (self._wanted.cache or 0)
            self._vantage.engine.loop.post(self._renew)
        return self._next(places)

    def find(self, found: Found) -> None:
        """Ask, now or when the question under way is answered."""
        mine = (found, monotonic_ns())
        if self._asking is not None and self._wanted.cache is not None:
            self._asking.append(mine)
        else:
            self._waiting.append(mine)
            self._renew()

    def forget(self) -> None:
        """The list is gone; who waits is asked for again, from the new network."""
        self._places = ()
        self._directory.forget()
        self._retire()
        self._waiting = [*(self._asking or ()), *self._waiting]
        self._asking = None
        if self._waiting:
            self._renew()

    def close(self) -> None:
        """Nobody is told."""
        self._retire()
        self._directory.close()

    def _next(self, places: tuple[Place, ...]) -> Place:
        self._turn += 1
        return places[self._turn % len(places)]

    def _renew(self) -> None:
        if self._asking is not None:
            return
        self._asking, self._waiting = self._waiting, []
        if self._asker is None:
            self._vantage.engine.networks.enter(self._vantage.stream.network)
            self._asker = Asker(self._wanted.question, self._directory, self._answered)
        self._asker.ask()

    def _retire(self) -> None:
        if self._asker is not None:
            self._asker.retire()
            self._asker = None

    def _answered(self, asker: Asker, answer: Answered) -> None:
        """In the asker's thread."""
        self._vantage.engine.loop.post(lambda: self._take(asker, answer))

    def _take(self, asker: Asker, answer: Answered) -> None:
        if answer.error is not None:
            name = f"load {self._vantage.stream.name} from {self._vantage.client.host}: the registry's client"
            self._vantage.engine.fail(defect(answer.error, name))
            return
        if asker is not self._asker:
            return  # what the network that is gone had to say
        asked, self._asking = self._asking or [], None
        if answer.places is not None:
            self._places = answer.places if self._wanted.cache is not None else ()
            self._expires = monotonic_ns() + (self._wanted.cache or 0)
        now = monotonic_ns()
        for place, (found, since) in enumerate(asked):
            own = place == 0 or self._wanted.cache is None
            found(self._resolved(answer), now - since if own else -1)
        if self._waiting:
            self._renew()

    def _resolved(self, answer: Answered) -> Resolved:
        places = answer.places if answer.places is not None else self._places
        if not places:
            return Resolved(None, failure=answer.failure)
        address, port = self._next(places)
        return Resolved(address, port=port)
