"""Which step kinds there are: those of this package, and those that installed distributions bring."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from importlib.metadata import entry_points
from types import MappingProxyType

from chaoskit import steps
from chaoskit.core.errors import DefinitionError
from chaoskit.core.step import Step

GROUP = "chaoskit.steps"
"""The entry-point group for kinds of others; an entry names the class."""


@functools.cache
def step_kinds() -> Mapping[str, type[Step]]:
    """Every step class by its `kind`.

    Raises:
        DefinitionError: two classes have the same kind, or an entry point names something else.
    """
    kinds: dict[str, type[Step]] = {}
    for found in (*_own(), *_brought()):
        if kinds.setdefault(found.kind, found) is not found:
            raise DefinitionError(f"the step kind {found.kind!r} is both {_full(kinds[found.kind])} and {_full(found)}")
    return MappingProxyType(kinds)


def _own() -> Iterator[type[Step]]:
    for module in pkgutil.iter_modules(steps.__path__, f"{steps.__name__}."):
        loaded = importlib.import_module(module.name)
        yield from _defined(vars(loaded).values(), module.name)


def _defined(values: Iterable[object], module: str) -> Iterator[type[Step]]:
    for value in values:
        if isinstance(value, type) and value.__module__ == module and _is_step(value):
            yield value


def _brought() -> Iterator[type[Step]]:
    for entry in entry_points(group=GROUP):
        loaded = entry.load()
        if not (isinstance(loaded, type) and _is_step(loaded)):
            raise DefinitionError(
                f"the entry point {entry.name} of group {GROUP} names {entry.value}, which is no step",
                remedy="A step is a frozen dataclass with the methods of chaoskit.core.step.Step.",
            )
        yield loaded


def _is_step(value: type) -> bool:
    wanted = ("kind", "one_shot", "on_network", "target", "describe", "prepare", "do", "confirm", "undo")
    return is_dataclass(value) and all(hasattr(value, name) for name in wanted)


def _full(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
