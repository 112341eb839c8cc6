"""Which user an arrival is of, and which address each user comes from: both follow from the run's seed."""

from __future__ import annotations

import socket
import struct
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.population import Population, Spread, Zipf, addresses_of

_WORD = (1 << 64) - 1
_MOST_RANKS = 1 << 20
"""Addresses of a prefix that a Zipf distribution uses: those after the first million would have next to no user."""


class Users:
    """The users of one load on one client host.

    Whose an arrival is follows from its intended start, so that it is the same user's whichever generator of several
    comes to send it.

    Args:
        population: the host's share of the load's.
        seed: what the draw follows from; another text makes another draw.
        origin: CLOCK_MONOTONIC ns from which intended starts count.
    """

    def __init__(self, population: Population, seed: str, origin: int = 0) -> None:
        number = int.from_bytes(sha256(seed.encode()).digest()[:8], "big")
        self._count = population.users
        self._offset = number - origin
        self._first = 0
        self._places: NDArray[np.int32] | None = None
        if population.sources is not None:
            first, size = addresses_of(population.sources)
            users = 1 if population.proxy else population.users
            self._first = int(first)
            self._places = places(population.spread, users, size, number)
        self._shared = population.proxy

    def of(self, due: int) -> int:
        """The user whose arrival is due at a moment (CLOCK_MONOTONIC ns); each is as likely as another.

        SplitMix64's way of mixing (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
        """
        mixed = (due + self._offset) & _WORD
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9 & _WORD
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB & _WORD
        return (mixed ^ (mixed >> 31)) * self._count >> 64

    def address(self, user: int) -> str:
        """Where a user's connections come from; empty for the client host's own address."""
        if self._places is None:
            return ""
        place = self._places[0 if self._shared else user]
        return socket.inet_ntoa(struct.pack("!I", self._first + int(place)))


def places(spread: Spread, users: int, size: int, seed: int) -> NDArray[np.int32]:
    """The address of each user, as its number among `size` addresses.

    Args:
        spread: uniform deals users out one address after the other; Zipf draws each one's rank by inversion.
        users: how many.
        size: addresses there are.
        seed: of the draw.
    """
    if not isinstance(spread, Zipf):
        return (np.arange(users) % size).astype(np.int32)
    weights = np.arange(1, min(size, _MOST_RANKS) + 1, dtype=np.float64) ** -spread.s
    below = np.cumsum(weights)
    drawn = np.random.default_rng(seed).random(users) * below[-1]
    ranks: NDArray[np.int32] = np.searchsorted(below, drawn, side="right").astype(np.int32)
    return ranks
