"""Which keys stand where, and whether a list, a mapping or a single value: a file's shape, checked."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from chaoskit.core.errors import LabError
from chaoskit.labs.compose.mistake import mistake, nearest
from chaoskit.labs.compose.nodes import Map, Node, Path, Scalar, Seq, is_null, kind


@dataclass(frozen=True)
class Single:
    """A string, number or flag."""


@dataclass(frozen=True)
class Anything:
    """Not looked into."""


@dataclass(frozen=True)
class Listed:
    """A list of one kind of thing."""

    item: Shape = field(default_factory=Single)


@dataclass(frozen=True)
class Keyed:
    """A mapping from the author's own names to one kind of thing.

    Attributes:
        names: what a name must look like, a regular expression.
    """

    value: Shape = field(default_factory=Single)
    names: str = ".*"


@dataclass(frozen=True)
class Keys:
    """A mapping with these keys; `x-*` may stand beside them."""

    shapes: Mapping[str, Shape]
    required: tuple[str, ...] = ()


@dataclass(frozen=True)
class Either:
    """Any of these, told apart by whether it is a list, a mapping or a single value."""

    shapes: tuple[Shape, ...]


Shape = Single | Anything | Listed | Keyed | Keys | Either

_FITS = {Single: Scalar, Listed: Seq, Keyed: Map, Keys: Map}
_WORDS = {Single: "a single value", Listed: "a list", Keyed: "a mapping", Keys: "a mapping"}


def check(node: Node, shape: Shape, path: Path = ()) -> None:
    """See that a tree has a shape; null fits everywhere, as a key that is not written.

    Raises:
        LabError: a key is unknown or missing, or a value is of another kind; at its file and line.
    """
    if is_null(node) or isinstance(shape, Anything):
        return
    fitting = next((each for each in _choices(shape) if _fits(node, each)), None)
    if fitting is None:
        words = " or ".join(dict.fromkeys(_WORDS.get(type(each), "anything") for each in _choices(shape)))
        raise mistake(node.where, path, f"it is {kind(node)}, and must be {words}")
    for child, below, key in _children(node, fitting, path):
        check(child, below, (*path, key))


def _choices(shape: Shape) -> tuple[Shape, ...]:
    return shape.shapes if isinstance(shape, Either) else (shape,)


def _fits(node: Node, shape: Shape) -> bool:
    return isinstance(shape, Anything) or isinstance(node, _FITS[type(shape)])


def _children(node: Node, shape: Shape, path: Path) -> Iterator[tuple[Node, Shape, str]]:
    if isinstance(node, Seq) and isinstance(shape, Listed):
        yield from ((item, shape.item, str(number)) for number, item in enumerate(node.items))
    if isinstance(node, Map) and isinstance(shape, Keyed):
        _check_names(node, shape, path)
        yield from ((value, shape.value, key) for key, value in node.entries.items())
    if isinstance(node, Map) and isinstance(shape, Keys):
        yield from _known(node, shape, path)


def _check_names(node: Map, shape: Keyed, path: Path) -> None:
    for name, value in node.entries.items():
        if not re.fullmatch(shape.names, name, re.DOTALL):
            raise mistake(value.where, path, f"{name!r} is no name", "Use letters, digits, dots, - and _.")


def _known(node: Map, shape: Keys, path: Path) -> Iterator[tuple[Node, Shape, str]]:
    for key, value in node.entries.items():
        if key in shape.shapes:
            yield value, shape.shapes[key], key
        elif not key.startswith("x-"):
            raise _unknown(value, key, shape, path)
    for key in shape.required:
        if node.get(key) is None:
            raise mistake(node.where, path, f"it needs the key {key!r}")


def _unknown(value: Node, key: str, shape: Keys, path: Path) -> LabError:
    near = difflib.get_close_matches(key.lower().replace("-", "_"), list(shape.shapes), 1, cutoff=0.5)
    remedy = f"Did you mean {near[0]!r}?" if near else nearest(key, shape.shapes)
    return mistake(value.where, path, f"there is no key {key!r}", remedy)
