"""The merged schedule of all loads from all clients: what is due next, and how many arrivals were owed."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence

import numpy as np

from chaoskit.core.load import Arrivals
from chaoskit.core.units import NS

_FEW, _MANY = 128, 512
"""A slice aims to hold between so many arrivals: merging must neither cost much each nor hold a send up."""
_SHORTEST, _LONGEST = NS // 10_000, NS


def stream(arrivals: Arrivals, duration: int, *, seed: int, load: str, client: str, clients: int) -> Iterator[int]:
    """Intended starts of one client's part of a load, ns from the origin, ascending, below `duration` ns.

    The random numbers depend on the seed, the load's name and the client's name and on nothing else:
    another load or client more does not change the schedule of this one.
    """
    rng = random.Random(f"{seed}/{load}/{client}")
    for time in arrivals.part(clients).times(duration / NS, rng):
        moment = round(time * NS)
        if moment < duration:
            yield moment


class Schedule:
    """Streams merged into slices of time, each as ascending moments and the stream each belongs to."""

    def __init__(self, streams: Sequence[Iterator[int]]) -> None:
        self._streams = list(streams)
        self._heads = [next(iterator, None) for iterator in self._streams]
        self._counts = [0] * len(self._streams)
        self._until = 0
        self._width = _SHORTEST
        self._slice: tuple[list[int], list[int]] = ([], [])

    def take(self) -> tuple[list[int], list[int]]:
        """The next slice that holds any arrival: moments in ns from the origin, and streams; empty at the end."""
        while any(head is not None for head in self._heads):
            self._until += self._width
            parts = [self._pull(index, self._until) for index in range(len(self._streams))]
            total = sum(map(len, parts))
            self._adapt(total)
            if total:
                self._slice = _merge(parts)
                return self._slice
        self._slice = ([], [])
        return self._slice

    def owed(self, until: int) -> list[int]:
        """Arrivals of each stream up to a moment, in ns from the origin: those taken, and those that were due.

        Call it once, when no more will be taken; `until` is not before the last slice but one.
        """
        while any(head is not None and head <= until for head in self._heads):
            self.take()
        counts = self._counts[:]
        moments, streams = self._slice
        for index in streams[bisect_right(moments, until) :]:
            counts[index] -= 1
        return counts

    def _pull(self, index: int, until: int) -> list[int]:
        head, iterator = self._heads[index], self._streams[index]
        taken = []
        while head is not None and head < until:
            taken.append(head)
            head = next(iterator, None)
        self._heads[index] = head
        self._counts[index] += len(taken)
        return taken

    def _adapt(self, total: int) -> None:
        if total > _MANY:
            self._width = max(self._width // 2, _SHORTEST)
        elif total < _FEW:
            self._width = min(self._width * 2, _LONGEST)


def _merge(parts: list[list[int]]) -> tuple[list[int], list[int]]:
    filled = [(index, part) for index, part in enumerate(parts) if part]
    if len(filled) == 1:
        index, part = filled[0]
        return part, [index] * len(part)
    moments = np.concatenate([np.array(part, np.int64) for _, part in filled])
    streams = np.concatenate([np.full(len(part), index, np.int64) for index, part in filled])
    order = np.argsort(moments, kind="stable")
    return moments[order].tolist(), streams[order].tolist()
