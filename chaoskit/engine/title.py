"""How a check, action or probe reads with the names of an experiment in place of its objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from chaoskit.core.names import Names


class Bound(Protocol):
    """A kind bound to its arguments."""

    @property
    def kind(self) -> str:
        """The name of the function that made it."""
        ...

    @property
    def arguments(self) -> Mapping[str, object]:
        """What it was called with."""
        ...


def title(bound: Bound, names: Names) -> str:
    """`availability(shoppers, at_least=0.999, outside=failover)`: as its author would write it."""
    parts = [
        f"{'' if number == 0 else f'{key}='}{_value(value, names)}"
        for number, (key, value) in enumerate(bound.arguments.items())
        if value not in (None, ())
    ]
    return f"{bound.kind}({', '.join(parts)})"


def _value(value: object, names: Names) -> str:
    if isinstance(value, tuple | list | frozenset | set):
        return ", ".join(_value(each, names) for each in value)
    if isinstance(value, type):
        return value.__name__
    try:
        return names.by_object[value]
    except (KeyError, TypeError):  # not an object of the experiment, or one that cannot be looked up
        return repr(str(value)) if type(value) is str else str(value)
