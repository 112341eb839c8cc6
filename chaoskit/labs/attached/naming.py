"""What the hosts of an attached project are called: as its users call them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from chaoskit.labs.attached.project import Instance

CLIENT = "client"
"""The temporary host that load comes from, unless a service has that name."""


def host_names(instances: Iterable[Instance]) -> Mapping[str, str]:
    """Container id to host name: the service's name, with `-1`, `-2`, ... where it has several instances.

    Where that would give one name to two containers (a service `web-1` beside an instance `web-1` of `web`), those have
    their container's name, which the engine keeps unique.
    """
    every = tuple(instances)
    sizes = Counter(each.service for each in every)
    short = {each.id: f"{each.service}-{each.number}" if sizes[each.service] > 1 else each.service for each in every}
    taken = Counter(short.values())
    return {each.id: short[each.id] if taken[short[each.id]] == 1 else each.name for each in every}


def client_name(taken: Iterable[str]) -> str:
    """The client host's name: one that no host of the project has."""
    names = set(taken)
    return CLIENT if CLIENT not in names else f"chaoskit-{CLIENT}"
