"""`$VAR`, `${VAR:-default}` and the like, as the Compose specification defines them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from chaoskit.labs.compose.mistake import mistake
from chaoskit.labs.compose.nodes import Map, Node, Path, Scalar, Seq

Lookup = Callable[[str], str | None]
"""The value of a variable, None where it is not set."""

_NAME = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")
_OPERATOR = re.compile(r":[-?+]|[-?+]")


class BadTemplate(ValueError):
    """An unclosed brace, braces around no variable, or a variable that must be set and is not."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


def substitute(text: str, lookup: Lookup, missing: Callable[[str], None] = lambda _name: None) -> str:
    """The text with every variable replaced; `missing` is told of those that became empty for want of a value.

    A dollar sign that starts nothing stands for itself, as in Compose.

    Raises:
        BadTemplate: the text cannot be read, or says itself that a variable is required.
    """
    parts: list[str] = []
    at = 0
    while (dollar := text.find("$", at)) >= 0:
        parts.append(text[at:dollar])
        value, at = _expand(text, dollar, lookup, missing)
        parts.append(value)
    return "".join([*parts, text[at:]])


def _expand(text: str, dollar: int, lookup: Lookup, missing: Callable[[str], None]) -> tuple[str, int]:
    """The value of what starts at `dollar`, and where the text goes on."""
    after = dollar + 1
    if text.startswith("$", after):
        return "$", after + 1
    if text.startswith("{", after):
        end = _closing(text, after)
        return _braced(text[after + 1 : end], lookup, missing), end + 1
    name = _NAME.match(text, after)
    if name is None:
        return "$", after
    return _bare(name[0], lookup, missing), name.end()


def _closing(text: str, brace: int) -> int:
    depth = 0
    for at in range(brace, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise BadTemplate(f"the brace of ${text[brace:]!r} is not closed", "Close it with }.")


def _bare(name: str, lookup: Lookup, missing: Callable[[str], None]) -> str:
    value = lookup(name)
    if value is None:
        missing(name)
    return value or ""


def _braced(inside: str, lookup: Lookup, missing: Callable[[str], None]) -> str:
    name = _NAME.match(inside)
    if name is None:
        raise BadTemplate(f"${{{inside}}} names no variable", "Write ${NAME} or ${NAME:-default}.")
    rest = inside[name.end() :]
    if not rest:
        return _bare(name[0], lookup, missing)
    operator = _OPERATOR.match(rest)
    if operator is None:
        raise BadTemplate(f"${{{inside}}} is no variable", "After the name come }, :-, -, :?, ?, :+ or +.")
    return _operate(name[0], operator[0], rest[operator.end() :], lookup, missing)


def _operate(name: str, operator: str, word: str, lookup: Lookup, missing: Callable[[str], None]) -> str:
    value = lookup(name)
    present = value if operator.startswith(":") else value is not None
    if operator.endswith("+"):
        return substitute(word, lookup, missing) if present else ""
    if present:
        return value or ""
    if operator.endswith("-"):
        return substitute(word, lookup, missing)
    reason = substitute(word, lookup, missing)
    said = f": {reason}" if reason else ""
    raise BadTemplate(f"the variable {name} must be set{said}", f"Set it in the environment or in .env: {name}=...")


def interpolate(node: Node, lookup: Lookup, missing: Callable[[Node, str], None], path: Path = ()) -> Node:
    """The tree with the variables of every value replaced; keys stay as written.

    Raises:
        LabError: a value is a bad template, or a variable that must be set is not.
    """
    if isinstance(node, Map):
        entries = {key: interpolate(value, lookup, missing, (*path, key)) for key, value in node.entries.items()}
        return replace(node, entries=entries)
    if isinstance(node, Seq):
        return replace(node, items=tuple(interpolate(item, lookup, missing, path) for item in node.items))
    return _interpolated(node, lookup, missing, path)


def _interpolated(node: Scalar, lookup: Lookup, missing: Callable[[Node, str], None], path: Path) -> Scalar:
    if not isinstance(node.value, str) or "$" not in node.value:
        return node
    try:
        return replace(node, value=substitute(node.value, lookup, lambda name: missing(node, name)))
    except BadTemplate as error:
        raise mistake(node.where, path, str(error), error.remedy) from error
