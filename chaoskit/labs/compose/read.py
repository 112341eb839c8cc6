"""YAML text to nodes: anchors, merge keys, several documents, and the line of everything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode

from chaoskit.core.errors import LabError
from chaoskit.core.where import Where
from chaoskit.labs.compose.mistake import mistake, shown
from chaoskit.labs.compose.nodes import Map, Node, Scalar, Seq, Tag, Value, text_of
from chaoskit.labs.compose.scalars import resolve

_MOST_NODES = 200_000
_STANDARD = "tag:yaml.org,2002:"


def read_file(file: Path) -> tuple[Map, ...]:
    """The documents of a Compose file; each further one merges over the one before, as further files do.

    Raises:
        LabError: the file cannot be read, is no YAML, or is no mapping.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise LabError(f"{shown(file)} cannot be read: {reason}") from error
    return read_text(text, shown(file))


@lru_cache(maxsize=64)
def read_text(text: str, name: str) -> tuple[Map, ...]:
    """As `read_file`, of text that errors call `name`; nodes never change, so the same text is parsed once."""
    try:
        documents = list(_parser().compose_all(text))
    except RecursionError as error:
        raise mistake(Where(name, 1), (), "it is nested too deeply") from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise mistake(Where(name, line), (), f"no valid YAML: {error.problem or error.context}") from error
    except YAMLError as error:
        raise mistake(Where(name, 1), (), f"no valid YAML: {error}") from error
    return tuple(_document(document, name) for document in documents if document is not None)


def _parser() -> YAML:
    """YAML 1.2, in which an anchor may be given anew (section 3.2.2.2)."""
    yaml = YAML(typ="safe", pure=True)
    yaml.composer.warn_double_anchors = False
    return yaml


def _document(document: YamlNode, name: str) -> Map:
    node = _Builder(name).node(document, ())
    if isinstance(node, Map):
        return node
    if isinstance(node, Scalar) and node.value is None:
        return Map(node.where, {})
    raise mistake(node.where, (), "a Compose file is a mapping with a `services:` key")


class _Builder:
    """Turns ruamel's nodes into ours; an alias gives the node it stands for."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.open: set[int] = set()
        self.count = 0

    def node(self, source: YamlNode, path: tuple[str, ...]) -> Node:
        self.count += 1
        if self.count > _MOST_NODES:
            raise mistake(self.where(source), path, f"its anchors expand to more than {_MOST_NODES:,} values")
        if id(source) in self.open:
            raise mistake(self.where(source), path, "the anchor contains itself")
        self.open.add(id(source))
        try:
            return self.build(source, path)
        finally:
            self.open.discard(id(source))

    def build(self, source: YamlNode, path: tuple[str, ...]) -> Node:
        where, tag = self.where(source), _tag(source)
        if isinstance(source, ScalarNode):
            return Scalar(where, _value(source), tag)
        if isinstance(source, SequenceNode):
            return Seq(where, tuple(self.node(item, (*path, str(i))) for i, item in enumerate(source.value)), tag)
        return Map(where, self.entries(source, path), tag)

    def entries(self, source: YamlNode, path: tuple[str, ...]) -> dict[str, Node]:
        own: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        for key, value in source.value:
            where = self.where(key)
            if _is_merge_key(key):
                for each in self.merge_sources(value, path):
                    merged = {**each, **merged}
                continue
            name = self.key(key, path)
            if name in own:
                raise mistake(where, (*path, name), f"the key stands here twice, first in line {own[name].where.line}")
            own[name] = replace(self.node(value, (*path, name)), where=where)
        return {**{name: node for name, node in merged.items() if name not in own}, **own}

    def merge_sources(self, value: YamlNode, path: tuple[str, ...]) -> Iterator[dict[str, Node]]:
        for source in value.value if isinstance(value, SequenceNode) else [value]:
            if not isinstance(source, MappingNode):
                raise mistake(self.where(source), path, "`<<` merges mappings, and this is none")
            node = self.node(source, path)
            yield dict(node.entries) if isinstance(node, Map) else {}

    def key(self, key: YamlNode, path: tuple[str, ...]) -> str:
        if not isinstance(key, ScalarNode):
            raise mistake(self.where(key), path, "a key must be a single value")
        return str(key.value) if isinstance(_value(key), float | bool) else text_of(_value(key)) or str(key.value)

    def where(self, source: YamlNode) -> Where:
        return Where(self.name, source.start_mark.line + 1)


def _is_merge_key(key: YamlNode) -> bool:
    return isinstance(key, ScalarNode) and key.value == "<<" and key.style is None


def _tag(source: YamlNode) -> Tag:
    text = str(source.tag or "")
    return Tag(text) if text in (Tag.RESET, Tag.OVERRIDE) else Tag.PLAIN


def _value(source: ScalarNode) -> Value:
    quoted = source.style is not None
    named = str(source.tag or "") == _STANDARD + "str"
    return str(source.value) if quoted or named else resolve(source.value)
