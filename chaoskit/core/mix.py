"""A mix of requests: one load whose arrivals ask for several things, each drawn by its weight."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from chaoskit.core.errors import UsageError
from chaoskit.core.request import Request


@dataclass(frozen=True)
class Part:
    """One request of a mix.

    Attributes:
        share: of the arrivals, from 0 to 1.
        op: what rows of it have in their column `op`.
    """

    request: Request
    share: float
    op: str


@dataclass(frozen=True)
class Mix:
    """Requests and their weights. Each is served as a load of its own would be: with its own connections.

    Rows have the `op` of their request where that tells it from the others, else its title.
    """

    weighted: tuple[tuple[Request, float], ...]
    protocol: str = "mix"

    @property
    def op(self) -> str:
        """Of the whole: nothing is asked for by that word."""
        return "mix"

    @property
    def title(self) -> str:
        """Every request with its share."""
        return ", ".join(f"{part.share * 100:.3g} % {part.request.title}" for part in self.parts)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The requests, in the order they were given."""
        total = sum(weight for _, weight in self.weighted)
        ops = Counter(request.op for request, _ in self.weighted)
        return tuple(
            Part(request, weight / total, request.op if ops[request.op] == 1 else request.title)
            for request, weight in self.weighted
        )


def mix(*weighted: tuple[Request, float]) -> Mix:
    """Several requests in one load: `mix((get(home), 3), (get(cart), 1))` asks for the first three times in four.

    Which arrival asks for what is drawn by the run's seed, each for itself.

    Args:
        weighted: requests, each with a weight above zero.

    Raises:
        UsageError: there is no request, one is given twice or is a mix itself, or a weight is not above zero.
    """
    titles = Counter(request.title for request, _ in weighted)
    if not weighted:
        raise UsageError("a mix of no request", remedy="Write mix((get(home), 3), (get(cart), 1)).")
    for request, weight in weighted:
        if not 0 < weight < float("inf"):
            raise UsageError(f"{request.title} cannot have the weight {weight:g} in a mix")
        if isinstance(request, Mix):
            raise UsageError("a mix within a mix", remedy="Give all requests to one mix.")
        if titles[request.title] > 1:
            raise UsageError(f"{request.title} is twice in a mix", remedy="Add its weights.")
    return Mix(tuple((request, float(weight)) for request, weight in weighted))


def parts_of(request: Request) -> tuple[Part, ...]:
    """What a load asks for: the parts of a mix, else the one request there is."""
    return request.parts if isinstance(request, Mix) else (Part(request, 1.0, request.op),)
