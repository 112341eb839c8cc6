"""Where experiments are written: chaoskit's own, the project's, those of plug-ins, and files named by hand."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

import chaoskit
from chaoskit.core.errors import UsageError
from chaoskit.engine.config import find_config

GROUP = "chaoskit.experiments"


@dataclass(frozen=True)
class Source:
    """A file of experiments.

    Attributes:
        module: the first part of its experiments' ids: `gslb`, or `dns.slow` in a folder `dns`.
        root: the folder its sibling modules are imported from.
        by_hand: it was named on the command line, which is the only way to find it again.
    """

    path: Path
    module: str
    root: Path
    by_hand: bool = False


def shipped() -> Path:
    """The folder of the experiments that come with chaoskit: of the wheel, else of the checkout."""
    package = Path(chaoskit.__file__).resolve().parent
    installed = package / "_shipped" / "experiments"
    return installed if installed.is_dir() else package.parent / "experiments"


def all_sources(cwd: Path) -> tuple[Source, ...]:
    """Every file of experiments there is, seen from a folder: the project's, plug-ins' and shipped ones.

    Raises:
        UsageError: the project's settings or a plug-in name what is not there.
    """
    found = [source for path in find_config(cwd).experiments for source in sources_of(path)]
    found += _plug_ins()
    found += sources_of(shipped()) if shipped().is_dir() else ()
    return tuple({source.path: source for source in reversed(found)}.values())[::-1]


def sources_of(path: Path, *, by_hand: bool = False) -> tuple[Source, ...]:
    """The files of experiments that a file or folder stands for.

    Raises:
        UsageError: there is no such file or folder.
    """
    if path.is_dir():
        return tuple(_in_folder(path.resolve(), by_hand))
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    if path.suffix != ".py":
        raise UsageError(f"{path} is no Python file", remedy="Experiments are written in .py files.")
    return (Source(path.resolve(), path.stem, path.resolve().parent, by_hand),)


def _in_folder(folder: Path, by_hand: bool) -> Iterator[Source]:
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        if path.name != "conftest.py" and not any(part.startswith(("_", ".", "test_")) for part in parts):
            yield Source(path, ".".join(parts), folder, by_hand)


def _plug_ins() -> Iterator[Source]:
    for point in entry_points(group=GROUP):
        try:
            spec = importlib.util.find_spec(point.module)
        except ImportError as error:
            raise UsageError(f"plug-in {point.name} of {GROUP} cannot be found: {error}") from None
        if spec is None or spec.origin is None:
            raise UsageError(f"plug-in {point.name} of {GROUP} names {point.module}, which is no module")
        path = Path(spec.origin)
        yield from sources_of(path.parent if path.name == "__init__.py" else path)
