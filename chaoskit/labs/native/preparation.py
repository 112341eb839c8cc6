"""What is written into a host's own file system: its names, and what its image brings."""

from __future__ import annotations

import contextlib
import os

from chaoskit.labs.native.identity import identity
from chaoskit.labs.native.plan import HostPlan


def write_etc(own: str, host: HostPlan) -> None:
    """Write the host's /etc/hosts, resolv.conf and hostname; at every start, as container engines do.

    They go below the overlay that is about to be mounted: writing through it would copy the machine's
    files first.
    """
    for name, text in host.etc.items():
        path = f"{own}/upper/etc/{name}"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        os.write(fd, "".join(text).encode())
        os.close(fd)


def once(host: HostPlan) -> None:
    """Users, files and links of the image, before its volumes are mounted."""
    what = host.preparation
    for user in what.users:
        _add_user(*user.split(":"))
    for name in what.empty:
        _empty(name)
    for name, text in (what.files or {}).items():
        os.makedirs(os.path.dirname(name), exist_ok=True)
        _write(name, text, 0o755 if text.startswith("#!") else 0o644)
    for name, destination in (what.links or {}).items():
        os.makedirs(os.path.dirname(name), exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        os.symlink(destination, name)


def each_start(host: HostPlan, *, owners: bool) -> None:
    """Folders the daemon writes to, with their owner, in volumes and in /run as well."""
    os.makedirs(host.working_dir, exist_ok=True)
    for entry in host.preparation.directories:
        path, owner, mode = entry.split(":")
        os.makedirs(path, exist_ok=True)
        if owner and owners:
            who = identity(owner)
            os.chown(path, who.uid, who.gid)
        if mode:
            os.chmod(path, int(mode, 8))


def _add_user(name: str, uid: str, home: str) -> None:
    _add_line("/etc/passwd", f"{name}:x:{uid}:{uid}::{home}:/usr/sbin/nologin\n")
    _add_line("/etc/group", f"{name}:x:{uid}:\n")


def _add_line(file: str, line: str) -> None:
    """Add a line for a name that has none yet, as a new file: without root one of the machine's cannot be changed."""
    with open(file, encoding="utf-8") as old_file:
        text = old_file.read()
    if not any(old.startswith(line.partition(":")[0] + ":") for old in text.splitlines()):
        os.unlink(file)
        _write(file, text + line, 0o644)


def _write(path: str, text: str, mode: int) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def _empty(folder: str) -> None:
    """Delete everything below a folder that may not be there."""
    for path, folders, files in os.walk(folder, topdown=False):
        for name in files:
            os.unlink(f"{path}/{name}")
        for name in folders:
            inner = f"{path}/{name}"
            os.unlink(inner) if os.path.islink(inner) else os.rmdir(inner)
