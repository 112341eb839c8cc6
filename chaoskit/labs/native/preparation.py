"""What is written into a host's own file system: its names, and what its image brings."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from chaoskit.labs.native.identity import identity
from chaoskit.labs.native.plan import HostPlan


def write_etc(own: Path, host: HostPlan) -> None:
    """Write the host's /etc/hosts, resolv.conf and hostname; at every start, as container engines do.

    They go below the overlay that is about to be mounted: writing through it would copy the machine's
    files first.
    """
    for name, text in host.etc.items():
        path = f"{own}/upper/etc/{name}"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)  # noqa: PTH108  no Path objects on the way of five hundred hosts
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        os.write(fd, "".join(text).encode())
        os.close(fd)


def once(host: HostPlan) -> None:
    """Users, files and links of the image, before its volumes are mounted."""
    what = host.preparation
    for user in what.users:
        _add_user(*user.split(":"))
    for name in what.empty:
        _empty(Path(name))
    for name, text in (what.files or {}).items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755 if text.startswith("#!") else 0o644)
    for name, destination in (what.links or {}).items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(destination)


def each_start(host: HostPlan, *, owners: bool) -> None:
    """Folders the daemon writes to, with their owner, in volumes and in /run as well."""
    if not os.path.isdir(host.working_dir):  # noqa: PTH112
        Path(host.working_dir).mkdir(parents=True)
    for entry in host.preparation.directories:
        path, owner, mode = entry.split(":")
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        if owner and owners:
            who = identity(owner)
            os.chown(folder, who.uid, who.gid)
        if mode:
            folder.chmod(int(mode, 8))


def _add_user(name: str, uid: str, home: str) -> None:
    _add_line("/etc/passwd", f"{name}:x:{uid}:{uid}::{home}:/usr/sbin/nologin\n")
    _add_line("/etc/group", f"{name}:x:{uid}:\n")


def _add_line(file: str, line: str) -> None:
    """Add a line for a name that has none yet, as a new file: without root one of the machine's cannot be changed."""
    path = Path(file)
    text = path.read_text()
    if not any(old.startswith(line.partition(":")[0] + ":") for old in text.splitlines()):
        path.unlink()
        path.write_text(text + line)
        path.chmod(0o644)


def _empty(folder: Path) -> None:
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
