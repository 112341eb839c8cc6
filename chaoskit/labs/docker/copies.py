"""Copies of what a lab's hosts may write to, so that no run changes the user's files: one for each source they bind.

What is bound read-only is bound as it is.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from chaoskit.core.errors import LabError
from chaoskit.labs.native.copying import copy
from chaoskit.labs.spec import HostSpec, LabSpec, Mount, MountKind

LARGEST = 1 << 30
"""Bytes that all copies of a lab may have."""
_FOLDER = "volumes"


def path(directory: Path, mount: Mount) -> Path:
    """Where the copy of a bind's source is, below the run's directory."""
    key = hashlib.blake2s(mount.source.encode(), digest_size=8).hexdigest()
    return directory / "docker" / _FOLDER / key


def wanted(mount: Mount) -> bool:
    """Whether a mount is of a copy."""
    return mount.kind is MountKind.BIND and not mount.read_only


def check(spec: LabSpec) -> None:
    """See that what the hosts bind can be bound, and copied where it is to be.

    Raises:
        LabError: a source is not there, is no file or folder, or they are too large together.
    """
    left = LARGEST
    for host, mount in _sources(spec).values():
        source = Path(mount.source)
        if not (source.is_dir() or source.is_file()):
            problem = "is neither a file nor a folder" if source.exists() else "does not exist"
            raise LabError(
                f"{host.where}: service {host.service} mounts {source}, which {problem}",
                remedy="" if source.exists() else f"Create it: mkdir -p {source}",
            )
        if wanted(mount):
            left -= _size(source, left)
        if left < 0:
            raise LabError(
                f"{host.where}: service {host.service} may write to {source}, and with it the copies that a run makes "
                f"exceed {LARGEST >> 20} MiB",
                remedy="Bind it read-only (append :ro), or use a named volume.",
            )


def make(spec: LabSpec, directory: Path) -> None:
    """Make the copies.

    Raises:
        LabError: a source cannot be read, or the disk is full.
    """
    for host, mount in _sources(spec).values():
        if not wanted(mount):
            continue
        target = path(directory, mount)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            copy(mount.source, str(target), owners=os.geteuid() == 0)
            shutil.copystat(mount.source, target)
        except OSError as error:
            raise LabError(f"{host.where}: {mount.source} cannot be copied for the run: {error}") from error


def remove(directory: Path) -> None:
    """Remove the copies; nothing happens when there are none.

    Raises:
        OSError: they cannot be removed, as by a user who is not root where a container's root wrote to them.
    """
    folder = directory / "docker" / _FOLDER
    if folder.exists():
        shutil.rmtree(folder)


def _sources(spec: LabSpec) -> Mapping[tuple[str, bool], tuple[HostSpec, Mount]]:
    """The first bind of each source, and of each that may be written to."""
    found: dict[tuple[str, bool], tuple[HostSpec, Mount]] = {}
    for host in spec.hosts:
        for mount in host.mounts:
            if mount.kind is MountKind.BIND:
                found.setdefault((mount.source, wanted(mount)), (host, mount))
    return found


def _size(source: Path, enough: int) -> int:
    """Bytes of a file or of a folder's files; of a folder that has more than enough, not all."""
    if source.is_file():
        return source.stat().st_size
    total = 0
    for folder, _, names in os.walk(source):
        total += sum(Path(folder, name).lstat().st_size for name in names)
        if total > enough:
            break
    return total
