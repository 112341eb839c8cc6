"""A Compose file as a tree whose every value knows where it was written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from chaoskit.core.where import Where

Value = None | bool | int | float | str
"""What a scalar can hold."""

Path = tuple[str, ...]
"""The keys that lead to a value: `("services", "web", "ports")`."""


class Tag(StrEnum):
    """How a value merges over an earlier file's."""

    PLAIN = ""
    RESET = "!reset"
    """The earlier value goes, and nothing takes its place."""
    OVERRIDE = "!override"
    """The earlier value is replaced, not merged."""


@dataclass(frozen=True)
class Scalar:
    """A string, number, flag or null."""

    where: Where
    value: Value
    tag: Tag = Tag.PLAIN


@dataclass(frozen=True)
class Seq:
    """A list."""

    where: Where
    items: tuple[Node, ...]
    tag: Tag = Tag.PLAIN


@dataclass(frozen=True)
class Map:
    """A mapping, in the file's order; a value's place is the line of its key."""

    where: Where
    entries: Mapping[str, Node]
    tag: Tag = Tag.PLAIN

    def get(self, key: str) -> Node | None:
        """The value of a key; None where it is absent, null, or taken away by `!reset`."""
        node = self.entries.get(key)
        return None if node is None or is_null(node) else node

    def section(self, key: str) -> Map:
        """The mapping under a key, empty where there is none."""
        node = self.get(key)
        return node if isinstance(node, Map) else Map(self.where, {})

    def with_entries(self, entries: Mapping[str, Node]) -> Map:
        """The same mapping with other entries."""
        return replace(self, entries=entries)


Node = Scalar | Seq | Map


def is_null(node: Node) -> bool:
    """Whether a value counts as not written at all."""
    return node.tag is Tag.RESET or (isinstance(node, Scalar) and node.value is None and node.tag is Tag.PLAIN)


def text_of(value: Value) -> str:
    """A scalar as the environment of a process would hold it: `true`, `3`, `1.5`; null is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def kind(node: Node) -> str:
    """What a value is, in a word for errors."""
    if isinstance(node, Scalar):
        return "nothing" if node.value is None else "a single value"
    return "a list" if isinstance(node, Seq) else "a mapping"


def strings(where: Where, values: Iterable[str]) -> Seq:
    """A list of strings that all stand at one place."""
    return Seq(where, tuple(Scalar(where, value) for value in values))


def plain(node: Node) -> object:
    """The bare data, without places: for comparisons and tests."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Seq):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, value in node.entries.items()}
