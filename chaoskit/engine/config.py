"""What a project says about chaoskit in its `pyproject.toml`.

    [tool.chaoskit]
    experiments = ["chaos/"]

Paths are relative to that file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chaoskit.core.errors import UsageError
from chaoskit.core.suggest import did_you_mean

_KEYS = ("experiments",)


@dataclass(frozen=True)
class Config:
    """The settings in force.

    Attributes:
        file: the `pyproject.toml` they come from; None where no project says anything.
        experiments: files and folders that hold the project's experiments.
    """

    file: Path | None = None
    experiments: tuple[Path, ...] = ()


def find_config(start: Path) -> Config:
    """The nearest `pyproject.toml` from a folder upward that has a `[tool.chaoskit]` table.

    Raises:
        UsageError: a file on the way is no TOML, or its table says something that cannot be meant.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        file = folder / "pyproject.toml"
        if file.is_file() and (table := _table(file)) is not None:
            return Config(file, _experiments(file, table))
    return Config()


def _table(file: Path) -> Mapping[str, object] | None:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {}).get("chaoskit")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: this is no TOML: {error}") from None
    if table is not None and not isinstance(table, dict):
        raise UsageError(f"{file}: [tool.chaoskit] is a table, not {table!r}")
    return table


def _experiments(file: Path, table: Mapping[str, object]) -> tuple[Path, ...]:
    for key in table:
        if key not in _KEYS:
            raise UsageError(
                f"{file}: [tool.chaoskit] has no setting {key!r}",
                remedy=f"{did_you_mean(key, _KEYS)}There is: {', '.join(_KEYS)}.",
            )
    value = table.get("experiments", [])
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise UsageError(
            f"{file}: [tool.chaoskit] experiments is a list of files and folders, not {value!r}",
            remedy='Write it as experiments = ["chaos/"].',
        )
    paths = tuple((file.parent / entry).resolve() for entry in value)
    for entry, path in zip(value, paths, strict=True):
        if not path.exists():
            raise UsageError(f"{file}: [tool.chaoskit] experiments names {entry!r}, which does not exist")
    return paths
