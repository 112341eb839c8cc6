"""A host's root without root: overlays of single folders, and copies of what one user may not change.

The kernel refuses an overlay of `/` in a user namespace, since it would show what is below other
mounts, and refuses to copy up what belongs to a user that the namespace does not have.

    /usr /opt       overlay of the machine's; folders that images write to are made in advance
    /etc            overlay of a copy of what the user may read
    /var            the machine's folders, empty
    /bin /lib ...   the links into /usr that the machine has, or overlays
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from chaoskit.kernel.syscalls import MS_BIND, MS_NODEV, MS_NOSUID, MS_RDONLY, MS_REMOUNT, mount
from chaoskit.labs.native.plan import IslandPlan

_SYSTEM = ("usr", "opt", "lib", "lib32", "lib64", "libx32", "bin", "sbin")
_MADE = ("usr/local/bin", "usr/local/sbin", "usr/local/etc", "usr/local/lib")
_EMPTY = ("run", "tmp", "proc", "sys", "dev", "root", "home", "srv", "mnt")
_VAR_DEPTH = 3


def make_skeleton(plan: IslandPlan) -> None:
    """Copy, once for the lab, what hosts would otherwise have to change in the machine's folders."""
    skeleton = Path(plan.disk, "skeleton")
    _copy_readable(Path("/etc"), skeleton / "etc")
    _copy_folders(Path("/var"), skeleton / "var", _VAR_DEPTH)


def assemble(plan: IslandPlan, own_folder: str) -> None:
    """Put the root together in the `root` folder of a host, which becomes a mount of its own."""
    own = Path(own_folder)
    root = own / "root"
    mount(str(root), str(root), "", MS_BIND)
    for name in _EMPTY:
        (root / name).mkdir(exist_ok=True)
    for name in _MADE:
        (own / "upper" / name).mkdir(parents=True, exist_ok=True)
    for name in _SYSTEM:
        _system_folder(own, name)
    for name in ("etc", "var"):
        _overlay(own, name, f"{plan.disk}/skeleton/{name}")
    _interpreter(plan, root)


def _system_folder(own: Path, name: str) -> None:
    machine = Path("/", name)
    target = own / "root" / name
    if machine.is_symlink() and not target.is_symlink():
        target.symlink_to(machine.readlink())
    elif machine.is_dir() and not machine.is_symlink():
        _overlay(own, name, str(machine))


def _overlay(own: Path, name: str, lower: str) -> None:
    for folder in (own / "root" / name, own / "upper" / name, own / "work" / name):
        folder.mkdir(parents=True, exist_ok=True)
    options = f"lowerdir={lower},upperdir={own}/upper/{name},workdir={own}/work/{name},userxattr"
    mount("overlay", f"{own}/root/{name}", "overlay", MS_NODEV | MS_NOSUID, options)


def _interpreter(plan: IslandPlan, root: Path) -> None:
    """Show chaoskit's own Python where it is not below /usr."""
    prefix = Path(plan.interpreter)
    if prefix.parts[1] not in _SYSTEM:
        target = root / prefix.relative_to("/")
        target.mkdir(parents=True, exist_ok=True)
        mount(str(prefix), str(target), "", MS_BIND)
        mount("", str(target), "", MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NODEV | MS_NOSUID)


def _copy_readable(source: Path, target: Path) -> None:
    target.mkdir(parents=True)
    for entry in os.scandir(source):
        if entry.is_symlink():
            (target / entry.name).symlink_to(Path(entry.path).readlink())
        elif not os.access(entry.path, os.R_OK):
            continue
        elif entry.is_dir():
            _copy_readable(Path(entry.path), target / entry.name)
        elif entry.is_file():
            shutil.copy(entry.path, target / entry.name)


def _copy_folders(source: Path, target: Path, depth: int) -> None:
    target.mkdir(parents=True)
    if depth == 0 or not os.access(source, os.R_OK | os.X_OK):
        return
    for entry in os.scandir(source):
        if entry.is_symlink():
            (target / entry.name).symlink_to(Path(entry.path).readlink())
        elif entry.is_dir():
            _copy_folders(Path(entry.path), target / entry.name, depth - 1)
