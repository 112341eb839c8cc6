"""One Compose file, read, checked, interpolated and put in its long form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from chaoskit.core.where import Where
from chaoskit.labs.compose.environment import Environment
from chaoskit.labs.compose.interpolate import interpolate
from chaoskit.labs.compose.keys import FILE
from chaoskit.labs.compose.long_form import long_form
from chaoskit.labs.compose.nodes import Map, Node
from chaoskit.labs.compose.read import read_file
from chaoskit.labs.compose.shapes import check


@dataclass
class Unset:
    """Variables without a value that became empty, and where each was first used."""

    places: dict[str, Where] = field(default_factory=dict)

    def add(self, node: Node, name: str) -> None:
        """Note one use."""
        self.places.setdefault(name, node.where)


@dataclass(frozen=True)
class Source:
    """How files are read: with which variables, and from which folder their paths start."""

    environment: Environment
    folder: Path
    unset: Unset

    def read(self, file: Path) -> list[Map]:
        """The documents of a file in their long form.

        Raises:
            LabError: the file cannot be read, has an unknown key or a wrong shape, or a required variable is not set.
        """
        return [self._finished(document) for document in read_file(file)]

    def _finished(self, document: Map) -> Map:
        check(document, FILE)
        missing: Callable[[Node, str], None] = self.unset.add
        tree = interpolate(document, self.environment.get, missing)
        return long_form(tree, self.folder) if isinstance(tree, Map) else document
