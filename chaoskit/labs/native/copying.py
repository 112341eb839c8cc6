"""Copies of files and trees for a lab. A module of its own: what it imports takes as long as the rest of the island."""

from __future__ import annotations

import functools
import os
import shutil
from pathlib import Path


def copy(source: str, target: str, *, owners: bool) -> None:
    """Copy a file or a tree, with owners where there are several; sockets, pipes and devices are left out.

    Raises:
        OSError: the source cannot be read, or the disk is full.
    """
    if not Path(source).is_dir():
        _copy_file(source, target, owners=owners)
        return
    copy_file = functools.partial(_copy_file, owners=owners)
    shutil.copytree(source, target, symlinks=True, ignore=_special, copy_function=copy_file, dirs_exist_ok=True)
    if not owners:
        return
    for folder_path, _, _ in os.walk(source):
        _take_owner(folder_path, str(Path(target) / Path(folder_path).relative_to(source)))


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
