"""Every action, probe and check there is: chaoskit's own and those of plug-ins.

Nothing is registered by hand: what stands at the top level of a module of these packages is there.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType
from typing import cast

from chaoskit.core.action import ActionKind
from chaoskit.core.check import CheckKind, ComparisonKind
from chaoskit.core.errors import UsageError
from chaoskit.core.probe import ProbeKind
from chaoskit.core.units import show_duration

Kind = ActionKind[...] | ProbeKind[...] | CheckKind[...] | ComparisonKind[...]

GROUPS: Mapping[str, tuple[type, ...]] = {
    "actions": (ActionKind,),
    "probes": (ProbeKind,),
    "checks": (CheckKind, ComparisonKind),
}
"""Package (and entry point group) by what it holds."""


@dataclass(frozen=True)
class Registered:
    """One action, probe or check that an experiment may use.

    Attributes:
        group: `actions`, `probes` or `checks`.
        module: where to import it from.
    """

    name: str
    group: str
    module: str
    kind: Kind

    @property
    def doc(self) -> str:
        """Its docstring."""
        return inspect.cleandoc(self.kind.__doc__ or "")

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        return self.doc.partition("\n")[0]

    @property
    def signature(self) -> inspect.Signature:
        """What an experiment calls it with."""
        return self.kind.signature

    @property
    def facts(self) -> tuple[str, ...]:
        """What else a user must know, a sentence each."""
        if isinstance(self.kind, ActionKind):
            undo = "one-shot: it cannot be undone" if self.kind.one_shot else "reversible"
            return (undo, f"in force for {show_duration(self.kind.longest)} at most")
        return ("compares the histories of several arms",) if isinstance(self.kind, ComparisonKind) else ()


@cache
def kinds(group: str) -> tuple[Registered, ...]:
    """Every kind of one group, by name.

    Raises:
        UsageError: a plug-in cannot be imported, or two kinds have the same name.
    """
    found: dict[str, Registered] = {}
    for module in _modules(group):
        for value in _kinds_in(module, group):
            if _function(value).__module__ == module.__name__:
                _refuse_second(found.get(value.name), module, group, value.name)
                found[value.name] = Registered(value.name, group, module.__name__, value)
    return tuple(found[name] for name in sorted(found))


def every_kind() -> tuple[Registered, ...]:
    """Actions, probes and checks."""
    return tuple(kind for group in GROUPS for kind in kinds(group))


def _kinds_in(module: ModuleType, group: str) -> list[Kind]:
    return [cast(Kind, value) for value in vars(module).values() if isinstance(value, GROUPS[group])]


def _function(kind: Kind) -> object:
    return kind.plan if isinstance(kind, ActionKind) else kind.open if isinstance(kind, ProbeKind) else kind.judge


def _refuse_second(first: object, module: ModuleType, group: str, name: str) -> None:
    if first is not None:
        raise UsageError(f"two {group} are called {name!r}; the second is in {module.__name__}")


def _modules(group: str) -> Iterator[ModuleType]:
    package = importlib.import_module(f"chaoskit.{group}")
    yield from walk(package)
    for point in entry_points(group=f"chaoskit.{group}"):
        try:
            module = importlib.import_module(point.module)
        except ImportError as error:
            owner = f" of {point.dist.name}" if point.dist else ""
            raise UsageError(f"the plug-in {point.name}{owner} cannot be imported: {error}") from error
        yield from walk(module)


def walk(module: ModuleType) -> Iterator[ModuleType]:
    """A module and, where it is a package, all that is in it."""
    yield module
    for info in pkgutil.walk_packages(getattr(module, "__path__", ()), f"{module.__name__}."):
        yield importlib.import_module(info.name)
