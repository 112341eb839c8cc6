"""The merged schedule of all loads from all clients: what is due next, and how many arrivals were owed."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.load import Arrivals
from chaoskit.core.units import NS
from chaoskit.loads.arrivals.blocks import Blocks
from chaoskit.loads.shapes import Floats

Moments = NDArray[np.int64]
_NONE: Moments = np.empty(0, np.int64)
_CHUNK = 256
_FEW, _MANY = 128, 512
"""A slice aims to hold between so many arrivals: merging must neither cost much each nor hold a send up."""
_SHORTEST, _LONGEST = NS // 10_000, NS


@runtime_checkable
class Dealt(Protocol):
    """Arrivals of which clients do not each have a process of their own: those of the load are dealt to them in turn.

    A trace is such, as what all clients send together must be the trace, and so are bursts that come at one time.
    """

    def whole(self, duration_s: float, rng: random.Random) -> Iterator[float]:
        """Intended starts of all clients together, as of `Arrivals.times`."""
        ...


def streams(
    arrivals: Arrivals, duration: int, *, seed: int, load: str, clients: Sequence[str], start: int = 0
) -> list[Iterator[Moments]]:
    """Intended starts of each client's part of a load, in the order of the clients' names; see `stream`."""
    if isinstance(arrivals, Dealt):
        lasting = max(0, duration - start)
        whole = arrivals.whole(lasting / NS, random.Random(f"{seed}/{load}"))
        dealer = _Dealer(_chunks(whole, start, lasting, max(_CHUNK, 4 * len(clients))), len(clients))
        return [dealer.part(index) for index in range(len(clients))]
    return [
        stream(arrivals, duration, seed=seed, load=load, client=client, clients=len(clients), start=start)
        for client in clients
    ]


def stream(
    arrivals: Arrivals, duration: int, *, seed: int, load: str, client: str, clients: int, start: int = 0
) -> Iterator[Moments]:
    """Intended starts of one client's part of a load, in chunks: ns from the origin, ascending, within `duration`.

    Without arrivals before `start` ns, at which the arrival process begins.

    The random numbers depend on the seed, the load's name and the client's name and on nothing else:
    another load or client more does not change the schedule of this one.
    """
    lasting = max(0, duration - start)
    times = arrivals.part(clients).times(lasting / NS, random.Random(f"{seed}/{load}/{client}"))
    return _chunks(times, start, lasting, _CHUNK)


def _chunks(times: Iterator[float], start: int, lasting: int, size: int) -> Iterator[Moments]:
    """Seconds from the start as ns from the origin, so many at once."""
    for chunk in times.whole if isinstance(times, Blocks) else _gathered(times, size):
        moments = np.rint(chunk * NS).astype(np.int64)
        yield start + moments[: int(np.searchsorted(moments, lasting))]


def _gathered(times: Iterator[float], size: int) -> Iterator[Floats]:
    while len(chunk := np.fromiter(islice(times, size), np.float64)):
        yield chunk


class _Dealer:
    """Deals one stream to several in turn: number n goes to `n mod of`. They are taken from at the same pace."""

    def __init__(self, whole: Iterator[Moments], of: int) -> None:
        self._whole = whole
        self._of = of
        self._number = 0
        self._dealt: list[deque[Moments]] = [deque() for _ in range(of)]

    def part(self, index: int) -> Iterator[Moments]:
        """One of the several."""
        mine = self._dealt[index]
        while mine or self._deal():
            if mine:
                yield mine.popleft()

    def _deal(self) -> bool:
        chunk = next(self._whole, None)
        if chunk is None:
            return False
        for index, queue in enumerate(self._dealt):
            own = chunk[(index - self._number) % self._of :: self._of]
            if len(own):
                queue.append(own)
        self._number += len(chunk)
        return True


class Draw:
    """Which part of a mix each arrival of a stream is, one after the other.

    Args:
        shares: of the parts, which add up to 1.
        seed: the same one draws the same.
    """

    def __init__(self, shares: Sequence[float], seed: str) -> None:
        self.of = len(shares)
        self._bounds = np.cumsum(shares)[:-1]
        self._uniform = np.random.default_rng(random.Random(seed).getrandbits(128)).random

    def next(self, count: int) -> Moments:
        """The parts of so many arrivals, from 0."""
        return np.searchsorted(self._bounds, self._uniform(count), "right").astype(np.int64)


class Schedule:
    """Streams merged into slices of time, each as ascending moments and the stream each belongs to.

    Args:
        streams: moments of each, in chunks.
        draws: by the index of a stream, what deals its arrivals to several: each counts as a stream from then on.
    """

    def __init__(self, streams: Sequence[Iterator[Moments]], draws: Mapping[int, Draw] | None = None) -> None:
        self._streams = list(streams)
        self._draws = draws or {}
        widths = [self._draws[index].of if index in self._draws else 1 for index in range(len(self._streams))]
        self._first = np.cumsum([0, *widths])[:-1]
        self._chunks = [next(iterator, None) for iterator in self._streams]
        self._counts = np.zeros(sum(widths), np.int64)
        self._until = 0
        self._width = _SHORTEST
        self._slice: tuple[Moments, Moments] = (_NONE, _NONE)

    def take(self) -> tuple[Moments, Moments]:
        """The next slice that holds any arrival: moments in ns from the origin, and streams; empty at the end."""
        while any(chunk is not None for chunk in self._chunks):
            self._until += self._width
            parts = [self._pull(index, self._until) for index in range(len(self._streams))]
            total = sum(map(len, parts))
            self._adapt(total)
            if total:
                self._slice = self._merge(parts)
                self._counts += np.bincount(self._slice[1], minlength=len(self._counts))
                return self._slice
        self._slice = (_NONE, _NONE)
        return self._slice

    def owed(self, until: int) -> list[int]:
        """Arrivals of each stream up to a moment, in ns from the origin: those taken, and those that were due.

        Call it once, when no more will be taken; `until` is not before the last slice but one.
        """
        while self._until <= until and any(chunk is not None for chunk in self._chunks):
            self.take()
        moments, streams = self._slice
        early = np.bincount(streams[int(np.searchsorted(moments, until, "right")) :], minlength=len(self._counts))
        owed: list[int] = (self._counts - early).tolist()
        return owed

    def _pull(self, index: int, until: int) -> Moments:
        taken = [_NONE]
        while (chunk := self._chunks[index]) is not None:
            count = int(np.searchsorted(chunk, until))
            taken.append(chunk[:count])
            if count < len(chunk):
                self._chunks[index] = chunk[count:]
                break
            self._chunks[index] = next(self._streams[index], None)
        return np.concatenate(taken)

    def _adapt(self, total: int) -> None:
        if total > _MANY:
            self._width = max(self._width // 2, _SHORTEST)
        elif total < _FEW:
            self._width = min(self._width * 2, _LONGEST)

    def _merge(self, parts: list[Moments]) -> tuple[Moments, Moments]:
        if len(parts) == 1 and not self._draws:
            return parts[0], np.zeros(len(parts[0]), np.int64)
        moments = np.concatenate(parts)
        sizes = [len(part) for part in parts]
        streams = np.repeat(self._first, sizes)
        for index, draw in self._draws.items():
            begin = sum(sizes[:index])
            streams[begin : begin + sizes[index]] += draw.next(sizes[index])
        order = np.argsort(moments, kind="stable")
        return moments[order], streams[order]
