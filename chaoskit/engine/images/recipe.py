"""Which image is made how, and the digest that tells an outdated one from one that is up to date."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from chaoskit.core.errors import UsageError
from chaoskit.core.suggest import did_you_mean
from chaoskit.engine.images import dockerfile
from chaoskit.engine.images.toxiproxy import IMAGE as TOXIPROXY
from chaoskit.labs.find import shipped_folder

OURS = "chaoskit/"


@dataclass(frozen=True)
class Recipe:
    """How an image of ours is built.

    Attributes:
        target: the stage of the Dockerfile.
        text: a Dockerfile of the stages that the target needs.
        bases: images it starts from.
        digest: of all that it is built from, bases apart.
    """

    image: str
    target: str
    text: str
    bases: tuple[str, ...]
    digest: str


def context() -> Path:
    """The folder the images are built from."""
    return shipped_folder() / "images"


def targets() -> tuple[str, ...]:
    """Every target that is an image of ours, in the Dockerfile's order; the base alone is none."""
    return tuple(name for name in _stages() if name != "base")


def recipe(target: str) -> Recipe:
    """How a target is built.

    Raises:
        UsageError: there is no such target.
    """
    every = _stages()
    if target not in targets():
        known = ", ".join(targets())
        raise UsageError(
            f"there is no image {target!r}", remedy=f"{did_you_mean(target, targets())}There are: {known}."
        )
    stages = dockerfile.needed(every, target)
    text = "\n".join(stage.text for stage in stages) + "\n"
    sources = [source for stage in stages for source in stage.sources]
    return Recipe(OURS + target, target, text, dockerfile.bases(stages), _digest(text, _files(sources)))


def made_here(images: Iterable[str]) -> tuple[str, ...]:
    """Those of some images that chaoskit makes or can make; others are a registry's."""
    ours = {name for target in targets() for name in (OURS + target, f"{OURS}{target}:latest")}
    return tuple(dict.fromkeys(image for image in images if image in ours or image == TOXIPROXY))


def _stages() -> Mapping[str, dockerfile.Stage]:
    return dockerfile.stages((context() / "Dockerfile").read_text())


def _files(sources: Iterable[str]) -> Iterator[Path]:
    for source in sources:
        path = context() / source
        yield from sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]


def _digest(text: str, files: Iterable[Path]) -> str:
    found = hashlib.sha256(text.encode())
    for file in files:
        is_program = bool(file.stat().st_mode & stat.S_IXUSR)
        found.update(f"\0{file.relative_to(context())}\0{is_program}\0".encode() + file.read_bytes())
    return found.hexdigest()[:16]
