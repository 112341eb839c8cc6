"""Which Compose files a lab is: a shipped one by its name, anyone's by its path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import chaoskit
from chaoskit.core.errors import LabError, UsageError
from chaoskit.core.lab import Lab
from chaoskit.labs.compose.mistake import nearest, shown
from chaoskit.labs.compose.paths import absolute

_DEFAULTS = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
"""What `docker compose` looks for in a folder, in its order."""

_HELPER = "chaoskit"
"""A Compose file beside the labs' that runs chaoskit itself, next to an engine elsewhere."""


@dataclass(frozen=True)
class LabFiles:
    """A lab's files, the base first, and the name it has when the files give none."""

    name: str
    files: tuple[Path, ...]


def shipped_labs() -> list[str]:
    """Names of the labs that come with chaoskit. A file with a second dot is an overlay and no lab."""
    return sorted(
        file.stem for file in shipped_folder().glob("*.yaml") if "." not in file.stem and file.stem != _HELPER
    )


def shipped_folder() -> Path:
    """Where shipped labs are: `compose/` of a checkout, or inside an installed wheel."""
    package = Path(chaoskit.__file__).parent
    installed = package / "_shipped" / "compose"
    return installed if installed.is_dir() else package.parent / "compose"


def lab_argument(text: str, overlays: Sequence[str] = ()) -> Lab:
    """The lab a command line means: a shipped lab's name, a Compose file, or a folder that holds one.

    Overlays are looked for in the working directory, then beside the lab's file.

    Raises:
        UsageError: it is neither a shipped lab nor a file.
    """
    here = Path.cwd()
    found = [str(here / name) if (here / name).is_file() else name for name in overlays]
    lab = Lab(text, tuple(found), base=here)
    if lab.is_shipped and text not in shipped_labs() and Path(text).is_dir():
        lab = Lab(str(here / text), tuple(found), base=here)
    lab_files(lab)
    return lab


def lab_files(lab: Lab) -> LabFiles:
    """The files of a lab; overlays are relative to the folder of its base file.

    Raises:
        UsageError: there is no such shipped lab.
        LabError: a file does not exist.
    """
    base = _shipped(lab.source) if lab.is_shipped else _given(lab)
    name = lab.source if lab.is_shipped else base[0].resolve().parent.name
    overlays = tuple(Path(absolute(overlay, base[0].parent)) for overlay in lab.overlays)
    for file in overlays:
        if not file.is_file():
            raise LabError(
                f"there is no overlay {shown(file)}",
                remedy=f"Overlays are relative to the folder of {shown(base[0])}.",
            )
    return LabFiles(name, (*base, *overlays))


def _shipped(name: str) -> tuple[Path, ...]:
    file = shipped_folder() / f"{name}.yaml"
    if name not in shipped_labs():
        raise UsageError(
            f"there is no shipped lab {name!r}",
            remedy=(
                f"{nearest(name, shipped_labs())} A file of your own is written with its suffix: ./{name}.yaml. "
                f"A Compose project that is running is named on the command line: --attach {name}."
            ),
        )
    return (file,)


def _given(lab: Lab) -> tuple[Path, ...]:
    path = Path(absolute(lab.source, lab.base or Path.cwd()))
    if path.is_dir():
        return _of_folder(path)
    if not path.is_file():
        raise LabError(f"there is no Compose file {shown(path)}")
    return (path,)


def _of_folder(folder: Path) -> tuple[Path, ...]:
    """The Compose file of a folder, and the override that `docker compose` takes with it."""
    base = next((folder / name for name in _DEFAULTS if (folder / name).is_file()), None)
    if base is None:
        raise LabError(f"{shown(folder)} holds no Compose file", remedy=f"Looked for: {', '.join(_DEFAULTS)}.")
    overrides = [folder / name.replace(".y", ".override.y") for name in _DEFAULTS]
    return (base, *[file for file in overrides if file.is_file()][:1])
