"""Volumes of a lab: copies made once when it comes up, so that no host ever changes the source."""

from __future__ import annotations

import functools
import os
import shutil
from pathlib import Path

from chaoskit.labs.native.plan import IslandPlan, VolumePlan


def folder(disk: str) -> Path:
    """Where the copies are."""
    return Path(disk, "volumes")


def make(plan: IslandPlan) -> None:
    """Copy every volume of the lab onto its disk.

    Raises:
        OSError: a source cannot be read, or the copies do not fit.
    """
    folder(plan.disk).mkdir()
    Path(plan.disk, "hosts").mkdir()
    for volume in plan.volumes:
        _make(volume, folder(plan.disk) / volume.key, owners=not plan.one_user)


def _make(volume: VolumePlan, target: Path, *, owners: bool) -> None:
    if volume.content is not None:
        target.write_bytes(volume.content)
    elif not volume.source:
        target.mkdir()
    else:
        _copy(Path(volume.source), target, owners=owners)
        return
    target.chmod(volume.mode)
    if owners:
        os.chown(target, volume.uid, volume.gid)


def _copy(source: Path, target: Path, *, owners: bool) -> None:
    """Copy a file or a tree, with owners where there are several; sockets, pipes and devices are left out."""
    if not source.is_dir():
        _copy_file(str(source), str(target), owners=owners)
        return
    copy_file = functools.partial(_copy_file, owners=owners)
    shutil.copytree(source, target, symlinks=True, ignore=_special, copy_function=copy_file)
    if not owners:
        return
    for folder_path, _, _ in os.walk(source):
        _take_owner(folder_path, str(target / Path(folder_path).relative_to(source)))


def _copy_file(source: str, target: str, *, owners: bool) -> str:
    shutil.copy2(source, target, follow_symlinks=False)
    if owners:
        _take_owner(source, target)
    return target


def _take_owner(source: str, target: str) -> None:
    status = os.lstat(source)
    os.lchown(target, status.st_uid, status.st_gid)


def _special(folder_path: str, names: list[str]) -> list[str]:
    paths = ((name, Path(folder_path, name)) for name in names)
    return [name for name, path in paths if not (path.is_symlink() or path.is_dir() or path.is_file())]
