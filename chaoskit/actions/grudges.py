"""Grudges: who no longer hears whom, as data. `partition` turns one into rules.

A grudge maps a host to the hosts it no longer hears; what it says itself is another matter, so that every
asymmetric network is a grudge as well. The word is Jepsen's (aphyr, jepsen.nemesis).

    halves            one_way(a, to b)     bridge               majorities_ring of five

    a b | c d e       a ----> b  lost      a -- via -- b        each hears its two neighbours,
                      a <---- b  heard     a and b: nothing     no two hear the same majority
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from chaoskit.core.action import Planning
from chaoskit.core.errors import UsageError
from chaoskit.core.selector import Selector, everything

Unheard = Mapping[str, frozenset[str]]
"""By host: the hosts it does not hear. Nobody is deaf to itself; a host that hears everybody has no entry."""

Names = Sequence[str]

_SMALLEST_RING = 4


@dataclass(frozen=True)
class Grudge:
    """A grudge in terms of selectors, to be resolved against a lab.

    Attributes:
        text: as its author would write it.
        resolve: who does not hear whom in a lab.
    """

    text: str
    resolve: Callable[[Planning], Unheard]

    def __str__(self) -> str:
        return self.text


def isolate(hosts: Selector, *, among: Selector | None = None) -> Grudge:
    """Cut hosts off from the rest, both ways; among themselves they go on.

    Args:
        hosts: who is cut off.
        among: from whom; by default everybody in the lab, clients included.
    """
    rest = among or everything()

    def resolve(plan: Planning) -> Unheard:
        cut = _names(plan, hosts)
        return apart([cut, [name for name in _names(plan, rest) if name not in cut]])

    return Grudge(f"isolate({hosts}{f', among={among}' if among else ''})", resolve)


def halves(one: Selector, other: Selector | None = None, *, shuffled: bool = False) -> Grudge:
    """Two groups that do not hear each other.

    Args:
        one: the first group; alone, it is split in two, of which the second is the larger for an odd number.
        other: the second group.
        shuffled: split a single group at random (by the run's seed), not in the lab's order.

    Raises:
        UsageError: when it is resolved, a host is in both groups.
    """
    if other is not None:
        return Grudge(f"halves({one}, {other})", lambda plan: apart([_names(plan, one), _names(plan, other)]))

    def resolve(plan: Planning) -> Unheard:
        names = list(_names(plan, one))
        if shuffled:
            plan.rng.shuffle(names)
        return apart([names[: len(names) // 2], names[len(names) // 2 :]])

    return Grudge(f"halves({one}{', shuffled=True' if shuffled else ''})", resolve)


def one_way(speakers: Selector, to: Selector) -> Grudge:
    """What `speakers` say does not arrive at `to`; what `to` says arrives."""

    def resolve(plan: Planning) -> Unheard:
        lost = _names(plan, speakers)
        return _cleaned(dict.fromkeys(_names(plan, to), lost))

    return Grudge(f"one_way({speakers}, to={to})", resolve)


def bridge(one: Selector, via: Selector, other: Selector) -> Grudge:
    """Two groups that do not hear each other, and hosts between them that hear, and are heard by, everybody.

    Raises:
        UsageError: when it is resolved, a host is in two of the three.
    """

    def resolve(plan: Planning) -> Unheard:
        first, between, second = (_names(plan, group) for group in (one, via, other))
        _no_overlap([first, between, second])
        return apart([first, second])

    return Grudge(f"bridge({one}, via={via}, {other})", resolve)


def majorities_ring(hosts: Selector) -> Grudge:
    """Everyone hears a majority, itself counted, and no two hear the same one; hearing is mutual.

    Raises:
        UsageError: when it is resolved, there are fewer than four hosts.
    """
    return Grudge(f"majorities_ring({hosts})", lambda plan: ring(_names(plan, hosts)))


def apart(groups: Sequence[Names]) -> Unheard:
    """Each group hears only itself.

    Raises:
        UsageError: a host is in two groups.
    """
    _no_overlap(groups)
    everybody = frozenset(name for group in groups for name in group)
    return _cleaned({name: everybody - set(group) for group in groups for name in group})


def ring(names: Names) -> Unheard:
    """Each hears so many neighbours to both sides of a ring that they make a majority with itself.

    Raises:
        UsageError: there are fewer than four; with three, a mutual majority is everybody.
    """
    if len(names) < _SMALLEST_RING:
        raise UsageError(
            f"a ring of majorities takes {_SMALLEST_RING} hosts or more, not {len(names)}",
            remedy="With three, use bridge(...) or isolate(...).",
        )
    majority = len(names) // 2 + 1
    reach = majority // 2
    return _cleaned(
        {
            name: [names[(i + step) % len(names)] for step in range(reach + 1, len(names) - reach)]
            for i, name in enumerate(names)
        }
    )


def _names(plan: Planning, selector: Selector) -> tuple[str, ...]:
    return tuple(host.name for host in plan.hosts(selector))


def _cleaned(unheard: Mapping[str, Collection[str]]) -> Unheard:
    without_self = {host: frozenset(others) - {host} for host, others in unheard.items()}
    return {host: others for host, others in without_self.items() if others}


def _no_overlap(groups: Iterable[Names]) -> None:
    seen: set[str] = set()
    for group in groups:
        twice = sorted(seen.intersection(group))
        if twice:
            raise UsageError(f"{', '.join(twice)} cannot be on both sides of a partition")
        seen.update(group)
