"""Several Compose files, with all they include and extend, merged into one tree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from chaoskit.core.errors import LabError
from chaoskit.core.where import Where
from chaoskit.labs.compose.environment import Environment
from chaoskit.labs.compose.extends import Extender
from chaoskit.labs.compose.fields import Fields
from chaoskit.labs.compose.merge import merge, strip
from chaoskit.labs.compose.mistake import mistake, shown
from chaoskit.labs.compose.nodes import Map, Node, Scalar, Seq, plain, text_of
from chaoskit.labs.compose.paths import absolute
from chaoskit.labs.compose.source import Source, Unset

_SECTIONS = ("services", "networks", "volumes", "secrets", "configs", "models")


@dataclass(frozen=True)
class Project:
    """What a set of Compose files says, in one tree without tags, short forms or variables.

    Attributes:
        folder: where `.env` is looked for: that of the first file.
    """

    tree: Map
    files: tuple[Path, ...]
    folder: Path
    environment: Environment
    unset: Unset

    @property
    def fields(self) -> Fields:
        """The tree, for reading."""
        return Fields(self.tree, ())


def read_project(files: tuple[Path, ...], environment: Environment) -> Project:
    """Read and merge Compose files; the first one's folder is the project's.

    Raises:
        LabError: a file cannot be read, is not valid, or does not fit the others.
    """
    folder, unset = files[0].parent, Unset()
    variables = environment.over_dotenv(folder)
    tree = _merged(files, Source(variables, folder, unset), ())
    finished = strip(tree)
    return Project(finished if isinstance(finished, Map) else tree, files, folder, variables, unset)


def _merged(files: tuple[Path, ...], source: Source, including: tuple[Path, ...]) -> Map:
    tree = Map(Where(shown(files[0]), 1), {})
    for file in files:
        if not file.is_file():
            raise LabError(f"there is no Compose file {shown(file)}")
        for document in source.read(file):
            tree = _over(tree, _complete(document, file, source, tree, including))
    return tree


def _over(tree: Map, document: Map) -> Map:
    merged = merge(tree, document)
    return merged if isinstance(merged, Map) else tree


def _complete(document: Map, file: Path, source: Source, earlier: Map, including: tuple[Path, ...]) -> Map:
    """A document with its `extends` resolved and what it includes beside its own."""
    entries = {key: value for key, value in document.entries.items() if key != "include"}
    if document.get("services"):
        extender = Extender(source, file, document.section("services"), earlier.section("services"))
        entries["services"] = extender.apply()
    complete = document.with_entries(entries)
    include = document.get("include")
    for item in include.items if isinstance(include, Seq) else ():
        complete = _beside(complete, _included(item, source, (*including, file)), item.where)
    return complete


def _included(item: Node, source: Source, including: tuple[Path, ...]) -> Map:
    """What one entry of `include` brings: a project of its own, with its own folder and `.env`."""
    paths = _texts(item if isinstance(item, Scalar) else _part(item, "path"))
    files = tuple(Path(absolute(path, source.folder)) for path in paths)
    if not files:
        raise mistake(item.where, ("include",), "it names no path")
    for file in files:
        if file in including:
            raise mistake(item.where, ("include",), f"{shown(file)} includes itself")
        if not file.is_file():
            raise mistake(item.where, ("include",), f"there is no file {shown(file)}")
    folders = _texts(_part(item, "project_directory"))
    folder = Path(absolute(folders[0], source.folder)) if folders else files[0].parent
    env_files = tuple(Path(absolute(path, source.folder)) for path in _texts(_part(item, "env_file")))
    variables = source.environment.over(env_files) if env_files else source.environment.over_dotenv(folder)
    return _merged(files, replace(source, environment=variables, folder=folder), including)


def _beside(tree: Map, other: Map, where: Where) -> Map:
    entries = dict(tree.entries)
    for section in _SECTIONS:
        own, brought = tree.section(section), other.section(section)
        for name, node in brought.entries.items():
            clash = own.entries.get(name)
            if clash is not None and plain(clash) != plain(node):
                raise mistake(where, ("include",), f"{section}.{name} is defined here, at {clash.where}, as well")
        if brought.entries:
            entries[section] = own.with_entries({**own.entries, **_without(brought, own)})
    return tree.with_entries(entries)


def _without(brought: Map, own: Map) -> dict[str, Node]:
    return {name: node for name, node in brought.entries.items() if name not in own.entries}


def _part(item: Node, key: str) -> Node | None:
    return item.get(key) if isinstance(item, Map) else None


def _texts(node: Node | None) -> list[str]:
    items = node.items if isinstance(node, Seq) else () if node is None else (node,)
    return [text_of(item.value) for item in items if isinstance(item, Scalar)]
