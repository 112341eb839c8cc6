"""Reading typed values from a finished tree, with errors that name file, line, service and key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from chaoskit.core.errors import LabError
from chaoskit.core.units import NS
from chaoskit.labs.compose.mistake import mistake
from chaoskit.labs.compose.nodes import Map, Node, Path, Scalar, Seq, text_of

_FLAGS = {
    **dict.fromkeys(("true", "yes", "on", "y", "1"), True),
    **dict.fromkeys(("false", "no", "off", "n", "0"), False),
}
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h|d|w)")
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": NS, "m": 60 * NS, "h": 3600 * NS}
_UNITS.update({"d": 24 * 3600 * NS, "w": 7 * 24 * 3600 * NS})
_SIZE = re.compile(r"(\d+(?:\.\d*)?)\s*([kmgtp]?)(?:i?b)?")
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}


@dataclass(frozen=True)
class Fields:
    """A mapping of the file and the keys that lead to it."""

    node: Map
    path: Path

    @property
    def where(self) -> str:
        """File and line."""
        return str(self.node.where)

    @property
    def names(self) -> tuple[str, ...]:
        """The keys that stand here, extensions left out."""
        return tuple(key for key in self.node.entries if not key.startswith("x-"))

    def has(self, key: str) -> bool:
        """Whether the key stands here and is not null."""
        return self.node.get(key) is not None

    def at(self, key: str) -> Fields:
        """The mapping under a key, empty where there is none."""
        return Fields(self.node.section(key), (*self.path, key))

    def each(self) -> Iterator[tuple[str, Fields]]:
        """Every key with the mapping under it; null is an empty one."""
        for name in self.names:
            yield name, Fields(self._declared(name), (*self.path, name))

    def _declared(self, name: str) -> Map:
        node = self.node.entries[name]
        return node if isinstance(node, Map) else Map(node.where, {})

    def maps(self, key: str) -> Iterator[Fields]:
        """The mappings in the list under a key."""
        for number, item in enumerate(self.items(key)):
            if isinstance(item, Map):
                yield Fields(item, (*self.path, key, str(number)))

    def items(self, key: str) -> tuple[Node, ...]:
        """The items of the list under a key."""
        node = self.node.get(key)
        return node.items if isinstance(node, Seq) else ()

    def text(self, key: str, default: str = "") -> str:
        """A single value as text."""
        node = self.node.get(key)
        return text_of(node.value) if isinstance(node, Scalar) else default

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of single values as texts."""
        return tuple(text_of(item.value) for item in self.items(key) if isinstance(item, Scalar))

    def pairs(self, key: str) -> dict[str, str]:
        """A mapping of single values as texts; null is empty."""
        entries = self.node.section(key).entries.items()
        return {name: text_of(value.value) for name, value in entries if isinstance(value, Scalar)}

    def flag(self, key: str, *, default: bool = False) -> bool:
        """`true` or `false`.

        Raises:
            LabError: it is neither.
        """
        text = self.text(key).lower()
        if text and text not in _FLAGS:
            raise self.mistake(key, f"it is true or false, not {text!r}")
        return _FLAGS.get(text, default)

    def flag_or_map(self, key: str) -> bool:
        """`external: true`, or its older spelling with a mapping, which means the same."""
        return isinstance(self.node.get(key), Map) or self.flag(key)

    def number(self, key: str, default: float | None = None) -> float | None:
        """A number.

        Raises:
            LabError: it is none, or below zero.
        """
        text = self.text(key)
        if not text:
            return default
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 <= value < float("inf"):
            raise self.mistake(key, f"{text!r} is no number from 0 up")
        return value

    def integer(self, key: str, default: int | None = None) -> int | None:
        """A whole number; -1 is allowed, as Compose writes "no limit".

        Raises:
            LabError: it is none.
        """
        text = self.text(key)
        if not text:
            return default
        if not re.fullmatch(r"-1|\d+", text):
            raise self.mistake(key, f"{text!r} is no whole number")
        return int(text)

    def duration(self, key: str, default: int) -> int:
        """Nanoseconds of `1m30s`.

        Raises:
            LabError: it is no duration.
        """
        text = self.text(key).replace(" ", "")
        if not text:
            return default
        if _DURATION.sub("", text) not in ("", "0"):
            raise self.mistake(key, f"{text!r} is no duration", "Write one such as 500ms, 10s or 1m30s.")
        return round(sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(text)))

    def size(self, key: str) -> int | None:
        """Bytes of `512m`: Docker's units are powers of 1024, with or without `b` and `ib`.

        Raises:
            LabError: it is no size.
        """
        text = self.text(key)
        size = parse_size(text) if text else None
        if text and size is None:
            raise self.mistake(key, f"{text!r} is no size", "Write one such as 64m or 1g.")
        return size

    def mistake(self, key: str, text: str, remedy: str = "") -> LabError:
        """An error about a key of this mapping."""
        node = self.node.entries.get(key)
        path = (*self.path, key) if key else self.path
        return mistake(node.where if node else self.node.where, path, text, remedy)


def parse_size(text: str) -> int | None:
    """Bytes of a size in Docker's units; None when it is none."""
    match = _SIZE.fullmatch(text.strip().lower())
    return round(float(match[1]) * 1024 ** _POWERS[match[2]]) if match else None
