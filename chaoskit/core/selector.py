"""Selectors: which hosts, networks or links something is about.

`role("service") & region("eu")`, `name("web-*") - name("web-1")`, `role("web").pick(1)`,
`role("web").share(0.25)`. A selector that matches nothing is an error before anything starts.
"""

from __future__ import annotations

import difflib
import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TypeVar

from chaoskit.core.errors import UsageError
from chaoskit.core.topology import REGION, ROLE, HostInfo, Link, Named, Network, Topology

N = TypeVar("N", bound=Named)
Answers = Mapping[str, tuple[str, ...]]
"""What the lab said when an action fired: the text of a question (`chaoskit.core.late`) to names of hosts."""


@dataclass(frozen=True)
class Draw:
    """What it takes to make a selector concrete: the run's seed, and the answers known by now.

    The same words are the same draw all through a run: an action and the check that judges it mean the same hosts.
    """

    seed: int
    answers: Answers = field(default_factory=dict)

    def sample(self, words: str, among: Sequence[Named], n: int) -> list[Named]:
        """Any `n` of them, by chance that belongs to these words."""
        return random.Random(f"{self.seed}/{words}").sample(list(among), n)


NOTHING: Answers = {}
"""No question has been answered yet."""

_Narrow = Callable[[Sequence[Named], Draw], Sequence[Named]]


@dataclass(frozen=True)
class Selector:
    """A set of named things of a lab, described without the lab.

    Attributes:
        text: the selector as its author would write it; plans and errors show it.
        narrow: keeps the matching ones of a sequence, in its order.
    """

    text: str
    narrow: _Narrow

    def __str__(self) -> str:
        return self.text

    def __and__(self, other: Selector) -> Selector:
        def both(among: Sequence[Named], draw: Draw) -> Sequence[Named]:
            return other.narrow(self.narrow(among, draw), draw)

        return Selector(f"{self} & {other}", both)

    def __or__(self, other: Selector) -> Selector:
        def either(among: Sequence[Named], draw: Draw) -> Sequence[Named]:
            chosen = {item.name for item in (*self.narrow(among, draw), *other.narrow(among, draw))}
            return [item for item in among if item.name in chosen]

        return Selector(f"({self} | {other})", either)

    def __sub__(self, other: Selector) -> Selector:
        def without(among: Sequence[Named], draw: Draw) -> Sequence[Named]:
            dropped = {item.name for item in other.narrow(among, draw)}
            return [item for item in self.narrow(among, draw) if item.name not in dropped]

        return Selector(f"({self} - {other})", without)

    def pick(self, n: int) -> Selector:
        """Any `n` of them, chosen by the run's seed and recorded; the same words choose the same ones again.

        Raises:
            UsageError: `n` is below one; or, when it is resolved, fewer than `n` match.
        """
        if n < 1:
            raise UsageError(f"pick({n}): pick at least one")
        text = f"({self}).pick({n})"

        def picked(among: Sequence[Named], draw: Draw) -> Sequence[Named]:
            matching = self.narrow(among, draw)
            if len(matching) < n:
                raise UsageError(f"{text} wants {n}, but only {len(matching)} match")
            return _in_order(among, draw.sample(text, matching, n))

        return Selector(text, picked)

    def share(self, of_them: float) -> Selector:
        """That share of them, rounded up to at least one, chosen by the run's seed and recorded.

        Raises:
            UsageError: the share lies outside 0..1 or is zero.
        """
        if not 0 < of_them <= 1:
            raise UsageError(f"share({of_them}): a share is above 0 and at most 1")

        text = f"({self}).share({of_them:g})"

        def shared(among: Sequence[Named], draw: Draw) -> Sequence[Named]:
            matching = self.narrow(among, draw)
            return _in_order(among, draw.sample(text, matching, math.ceil(len(matching) * of_them)))

        return Selector(text, shared)

    def first(self) -> Selector:
        """The first of them in the lab's order, without chance.

        `(role("registry") - leader).first()` is a follower, whoever leads.
        """
        return Selector(f"({self}).first()", lambda among, draw: self.narrow(among, draw)[:1])

    def beside(self, others: Selector) -> Selector:
        """Those of them that share a region with one of the others: `role("app").beside(leader)`."""

        def near(among: Sequence[Named], draw: Draw) -> Sequence[Named]:
            regions = {item.labels.get(REGION) for item in others.narrow(among, draw)} - {None}
            return [item for item in self.narrow(among, draw) if item.labels.get(REGION) in regions]

        return Selector(f"({self}).beside({others})", near)


def _in_order(among: Sequence[Named], chosen: Iterable[Named]) -> list[Named]:
    names = {item.name for item in chosen}
    return [item for item in among if item.name in names]


def _where(text: str, holds: Callable[[Named], bool]) -> Selector:
    return Selector(text, lambda among, _draw: [item for item in among if holds(item)])


def name(*globs: str) -> Selector:
    """By name; `*`, `?` and `[...]` match as in a shell. A host also answers to its service's name."""

    def holds(item: Named) -> bool:
        names = (item.name, item.service) if isinstance(item, HostInfo) else (item.name,)
        return any(fnmatchcase(known, glob) for known in names for glob in globs)

    return _where(f"name({', '.join(map(repr, globs))})", holds)


def role(value: str) -> Selector:
    """By the label `chaoskit.role`."""
    return _where(f"role({value!r})", lambda item: item.labels.get(ROLE) == value)


def region(value: str) -> Selector:
    """By the label `chaoskit.region`."""
    return _where(f"region({value!r})", lambda item: item.labels.get(REGION) == value)


def label(key: str, value: str) -> Selector:
    """By any Compose label."""
    return _where(f"label({key!r}, {value!r})", lambda item: item.labels.get(key) == value)


def everything() -> Selector:
    """All of them."""
    return _where("everything()", lambda _item: True)


def hosts(selector: Selector, topology: Topology, seed: int, answers: Answers = NOTHING) -> tuple[HostInfo, ...]:
    """The hosts a selector means, in the lab's order.

    Raises:
        UsageError: none match; the message lists what there is.
        Unanswered: it is a late target, and the lab has not been asked yet.
    """
    return _resolve(selector, topology.hosts, Draw(seed, answers), f"host of lab {topology.name}")


def networks(selector: Selector, topology: Topology, seed: int, answers: Answers = NOTHING) -> tuple[Network, ...]:
    """The networks a selector means, in the lab's order.

    Raises:
        UsageError: none match.
    """
    return _resolve(selector, topology.networks, Draw(seed, answers), f"network of lab {topology.name}")


def links(selector: Selector, topology: Topology, seed: int, answers: Answers = NOTHING) -> tuple[Link, ...]:
    """The links a selector means: by `HOST/NETWORK`, or by the labels of their hosts.

    Raises:
        UsageError: none match.
    """
    return _resolve(selector, topology.links, Draw(seed, answers), f"link of lab {topology.name}")


def _resolve(selector: Selector, among: Sequence[N], draw: Draw, what: str) -> tuple[N, ...]:
    chosen = {item.name for item in selector.narrow(among, draw)}
    if not chosen:
        raise UsageError(f"{selector} matches no {what}", remedy=_inventory(selector, among))
    return tuple(item for item in among if item.name in chosen)


def _inventory(selector: Selector, among: Sequence[Named]) -> str:
    words = sorted({item.name for item in among})
    roles = sorted({f"role {item.labels[ROLE]!r}" for item in among if ROLE in item.labels})
    regions = sorted({f"region {item.labels[REGION]!r}" for item in among if REGION in item.labels})
    asked = selector.text.split("'")[1::2]
    values = [*words, *(text.split("'")[1] for text in (*roles, *regions))]
    near = [match for word in asked for match in difflib.get_close_matches(word, values, 1) if word not in values]
    hint = f"Did you mean {near[0]!r}? " if near else ""
    shown = [*words[:12], *(["..."] if len(words) > 12 else []), *roles, *regions]
    return f"{hint}There are: {', '.join(shown) or 'none'}."
