"""Names of an experiment's objects: the variable that holds them, or what they call themselves.

Experiments refer to loads, actions, probes, windows and checks as objects. A record on disk needs
words for them; this is the one place where object and word meet.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from chaoskit.core.errors import DefinitionError
from chaoskit.core.where import Where


class Nameable(Protocol):
    """What can have a name: a value compared by identity that knows where it was written."""

    @property
    def label(self) -> str | None:
        """The name it was given with `named`, if any."""
        ...

    @property
    def where(self) -> Where:
        """Where it was written."""
        ...


@dataclass(frozen=True)
class Names:
    """Object to name, by identity."""

    by_object: Mapping[object, str] = field(default_factory=dict)

    def of(self, thing: object) -> str:
        """The name the record has for an object.

        Raises:
            DefinitionError: the object is no part of the experiment.
        """
        try:
            return self.by_object[thing]
        except KeyError:
            place = f"{thing.where}: " if hasattr(thing, "where") else ""
            raise DefinitionError(
                f"{place}{type(thing).__name__.lower()} {thing} is not part of this experiment",
                remedy="List it among the experiment's loads, probes, checks or timeline.",
            ) from None

    def alias(self, substitutes: Mapping[object, object]) -> Names:
        """The same names, which the substitutes answer to as well."""
        return Names({**self.by_object, **{new: self.by_object[old] for old, new in substitutes.items()}})


def assign(groups: Mapping[str, Iterable[Nameable]], variables: Mapping[str, object]) -> Names:
    """Name every object of each group.

    An object is called what it says itself (`named(...)`), else as its variable, else by its kind:
    `availability`, `availability-2`, ... where it has one, and `load-1`, `load-2`, ... where not.

    Raises:
        DefinitionError: two different objects of one group have the same name.
    """
    held = {id(value): variable for variable, value in variables.items() if not variable.startswith("_")}
    names: dict[object, str] = {}
    for group, members in groups.items():
        things = list(dict.fromkeys(members))
        taken: dict[str, Nameable] = {}
        for thing in things:
            name = thing.label or held.get(id(thing))
            if name is None:
                continue
            if name in taken:
                raise DefinitionError(
                    f"{thing.where}: a second {group} is called {name!r}, the first is at {taken[name].where}",
                    remedy='Give one of them a name of its own with .named("...").',
                )
            taken[name] = thing
        for thing in things:
            if thing not in taken.values():
                taken[_by_kind(thing, group, taken)] = thing
        names |= {thing: name for name, thing in taken.items()}
    return Names(names)


def _by_kind(thing: Nameable, group: str, taken: Mapping[str, Nameable]) -> str:
    kind: str | None = getattr(thing, "kind", None)
    first = [kind] if kind else []
    numbered = (f"{kind or group}-{number}" for number in itertools.count(len(first) + 1))
    return next(name for name in itertools.chain(first, numbered) if name not in taken)
