"""The few device nodes a host has."""

from __future__ import annotations

import os
import stat

from chaoskit.kernel.syscalls import MS_BIND, mount

_NODES = ("null", "zero", "full", "random", "urandom", "tty", "net/tun")
_LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
    "ptmx": "pts/ptmx",
}


def make(dev: str) -> None:
    """Make the nodes and links of an empty /dev; where nodes may not be made, the machine's are bound.

    Raises:
        OSError: neither is allowed.
    """
    os.mkdir(f"{dev}/net")
    umask = os.umask(0)
    for name in _NODES:
        try:
            number = os.stat(f"/dev/{name}").st_rdev
        except FileNotFoundError:
            continue
        _node(f"/dev/{name}", f"{dev}/{name}", number)
    os.umask(umask)
    for name, destination in _LINKS.items():
        os.symlink(destination, f"{dev}/{name}")


def _node(source: str, target: str, number: int) -> None:
    try:
        os.mknod(target, stat.S_IFCHR | 0o666, number)
    except PermissionError:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o666))
        mount(source, target, "", MS_BIND)
