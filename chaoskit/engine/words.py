"""The other words of an experiment: those that `chaoskit` exports, and what requests and arrivals are written with.

Nothing is registered by hand: exported words are those of `chaoskit.__all__`; a module about loads gives the public
functions that make a value of a class of its own, as `lookup` makes a `Lookup`.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType

import chaoskit
from chaoskit.engine.registry import walk
from chaoskit.loads.registry import GROUP

_LOADS = ("protocols", "arrivals", "shapes", "namings")


@dataclass(frozen=True)
class Word:
    """A function or class that experiments are written with.

    Attributes:
        group: `words`, or of what is about loads `protocols`, `arrivals`, `shapes` or `namings`.
        module: where to import it from.
    """

    name: str
    group: str
    module: str
    value: object
    facts: tuple[str, ...] = ()

    @property
    def doc(self) -> str:
        """Its docstring; a class takes its attributes as parameters."""
        doc = inspect.cleandoc(self.value.__doc__ or "")
        return doc.replace("Attributes:\n", "Args:\n") if isinstance(self.value, type) else doc

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        return self.doc.partition("\n")[0]

    @property
    def signature(self) -> inspect.Signature:
        """What an experiment calls it with; where it was written is found out by itself."""
        if not callable(self.value):
            return inspect.Signature()
        signature = inspect.signature(self.value)
        return signature.replace(parameters=[each for each in signature.parameters.values() if each.name != "where"])


@cache
def words() -> tuple[Word, ...]:
    """What `chaoskit` exports, by name."""
    return tuple(Word(name, "words", "chaoskit", getattr(chaoskit, name)) for name in sorted(chaoskit.__all__))


@cache
def load_words() -> tuple[Word, ...]:
    """What requests, arrivals, shapes of their rate and namings are written with, group by group."""
    exported = [Word(word.name, "protocols", word.module, word.value) for word in words() if _asks(word.value)]
    return (*exported, *(word for group in _LOADS for module in _modules(group) for word in _words(group, module)))


def every_word() -> tuple[Word, ...]:
    """All of them; what loads are written with has its own group."""
    special = load_words()
    names = {(word.name, word.module) for word in special}
    return (*(word for word in words() if (word.name, word.module) not in names), *special)


def _modules(group: str) -> Iterator[ModuleType]:
    yield from walk(importlib.import_module(f"chaoskit.loads.{group}"))
    if group == "protocols":
        yield from (importlib.import_module(point.module) for point in entry_points(group=GROUP))


def _words(group: str, module: ModuleType) -> Iterator[Word]:
    for name, value in sorted(vars(module).items()):
        if not name.startswith("_") and inspect.isfunction(value) and value.__module__ == module.__name__:
            made = _made(value)
            if made is not None and made.__module__ == module.__name__:
                yield Word(name, group, module.__name__, value)


def _asks(value: object) -> bool:
    """Whether it makes requests: those have a protocol."""
    made = _made(value) if inspect.isfunction(value) else None
    return made is not None and hasattr(made, "protocol")


def _made(function: object) -> type | None:
    """The class of what a function returns, where it says so by a plain name."""
    said = getattr(function, "__annotations__", {}).get("return")
    made = getattr(function, "__globals__", {}).get(said) if isinstance(said, str) else said
    return made if isinstance(made, type) else None
