"""The merged schedule of all loads from all clients: what is due next, and how many arrivals were owed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.load import Arrivals
from chaoskit.core.units import NS

Moments = NDArray[np.int64]
_NONE: Moments = np.empty(0, np.int64)
_CHUNK = 256
_FEW, _MANY = 128, 512
"""A slice aims to hold between so many arrivals: merging must neither cost much each nor hold a send up."""
_SHORTEST, _LONGEST = NS // 10_000, NS


def stream(
    arrivals: Arrivals, duration: int, *, seed: int, load: str, client: str, clients: int, start: int = 0
) -> Iterator[Moments]:
    """Intended starts of one client's part of a load, in chunks: ns from the origin, ascending, within `duration`.

    Without arrivals before `start` ns, at which the arrival process begins.

    The random numbers depend on the seed, the load's name and the client's name and on nothing else:
    another load or client more does not change the schedule of this one.
    """
    rng = random.Random(f"{seed}/{load}/{client}")
    lasting = max(0, duration - start)
    times = arrivals.part(clients).times(lasting / NS, rng)
    while len(chunk := np.fromiter(islice(times, _CHUNK), np.float64)):
        moments = np.rint(chunk * NS).astype(np.int64)
        yield start + moments[: int(np.searchsorted(moments, lasting))]


class Schedule:
    """Streams merged into slices of time, each as ascending moments and the stream each belongs to."""

    def __init__(self, streams: Sequence[Iterator[Moments]]) -> None:
        self._streams = list(streams)
        self._chunks = [next(iterator, None) for iterator in self._streams]
        self._counts = [0] * len(self._streams)
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
                self._slice = _merge(parts)
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
        return [count - int(more) for count, more in zip(self._counts, early, strict=True)]

    def _pull(self, index: int, until: int) -> Moments:
        taken = [_NONE]
        while (chunk := self._chunks[index]) is not None:
            count = int(np.searchsorted(chunk, until))
            taken.append(chunk[:count])
            if count < len(chunk):
                self._chunks[index] = chunk[count:]
                break
            self._chunks[index] = next(self._streams[index], None)
        found = np.concatenate(taken)
        self._counts[index] += len(found)
        return found

    def _adapt(self, total: int) -> None:
        if total > _MANY:
            self._width = max(self._width // 2, _SHORTEST)
        elif total < _FEW:
            self._width = min(self._width * 2, _LONGEST)


def _merge(parts: list[Moments]) -> tuple[Moments, Moments]:
    moments = np.concatenate(parts)
    streams = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    order = np.argsort(moments, kind="stable")
    return moments[order], streams[order]
