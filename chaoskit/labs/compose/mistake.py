"""Errors that say file, line, service and key."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path as FilePath

from chaoskit.core.errors import LabError
from chaoskit.core.where import Where
from chaoskit.labs.compose.nodes import Path

_SINGULAR = {
    "services": "service",
    "networks": "network",
    "volumes": "volume",
    "secrets": "secret",
    "configs": "config",
    "models": "model",
}


def mistake(where: Where | str, path: Path, text: str, remedy: str = "") -> LabError:
    """An error at a place of a Compose file: `compose.yaml:12: service web: ports: ...`."""
    return LabError(f"{where}: {subject(path)}{text}", remedy=remedy)


def subject(path: Path) -> str:
    """What a path is about: `service web: healthcheck.test: `."""
    words = [f"{_SINGULAR[path[0]]} {path[1]}", ".".join(path[2:])] if _named(path) else [".".join(path)]
    return "".join(f"{word}: " for word in words if word)


def _named(path: Path) -> bool:
    return len(path) > 1 and path[0] in _SINGULAR


def nearest(word: str, known: Iterable[str]) -> str:
    """A sentence that names the nearest known word, or lists what there is."""
    words = sorted(known)
    match = difflib.get_close_matches(word, words, 1, cutoff=0.5)
    if match:
        return f"Did you mean {match[0]!r}?"
    return f"There are: {', '.join(words)}." if words else "There are none."


def shown(file: FilePath) -> str:
    """A file as errors name it: from the working directory where it lies below it."""
    try:
        return str(file.relative_to(FilePath.cwd()))
    except ValueError:
        return str(file)
