"""The part of a host's root that comes from the machine: seen, never changed."""

from __future__ import annotations

import contextlib
import os

from chaoskit.kernel.syscalls import (
    MS_BIND,
    MS_NODEV,
    MS_RDONLY,
    MS_REC,
    MS_REMOUNT,
    make_read_only,
    mount,
)
from chaoskit.labs.native.plan import IslandPlan

_SHOWN = ("/usr", "/opt", "/lib", "/bin", "/sbin", "/etc", "/var", "/home", "/root", "/srv", "/nix")
_CONTAINERS = ("/var/lib/docker", "/var/lib/containerd", "/var/lib/containers", "/var/lib/kubelet", "/var/lib/lxc")
"""What engines keep there is mounted and unmounted with each container, and is no software of the machine's."""


VOLATILE = {"run": 0o755, "tmp": 0o1777}
"""Folders a power-off empties, and their modes."""


def make_folders(own: str) -> None:
    """Make what is not there yet of a host's folder on the lab's disk."""
    umask = os.umask(0)
    modes = {"": 0o755, "/upper": 0o755, "/upper/etc": 0o755, "/work": 0o755, "/root": 0o755}
    for name, mode in {**modes, **{f"/{name}": mode for name, mode in VOLATILE.items()}}.items():
        with contextlib.suppress(FileExistsError):
            os.mkdir(f"{own}{name}", mode)
    os.umask(umask)


def assemble(plan: IslandPlan, own: str) -> str:
    """Put the root together below a host's folder on the lab's disk; its path.

    An overlay shows the file system of `/` alone: what the machine has mounted below its system
    folders is bound read-only on top. Without root there is no overlay of `/`: see `rootless_base`.
    """
    root = f"{own}/root"
    if plan.rootless:
        from chaoskit.labs.native import rootless_base  # noqa: PLC0415  root has no use for it

        rootless_base.assemble(plan, own)
    else:
        mount("overlay", root, "overlay", MS_NODEV, f"lowerdir=/,upperdir={own}/upper,workdir={own}/work")
    for below in plan.submounts:
        if os.path.exists(root + below):
            _show(below, root + below, rootless=plan.rootless)
    return root


def _show(machine: str, target: str, *, rootless: bool) -> None:
    if rootless:
        # Mounts of the machine's are locked together: one without those below it is refused (user_namespaces(7)).
        mount(machine, target, "", MS_BIND | MS_REC)
        make_read_only(target)
    else:
        mount(machine, target, "", MS_BIND)
        mount("", target, "", MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NODEV)


def submounts(mountinfo: str, pseudo: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """The mount points of a /proc/self/mountinfo that hosts need beside `/`, outer ones first.

    Args:
        mountinfo: see proc_pid_mountinfo(5).
        pseudo: file system types that hold nothing of the machine's software.
    """
    found: list[str] = []
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        point = left.split(" ")[4].replace("\\040", " ")
        if _below(point, _SHOWN) and not _below(point, _CONTAINERS) and right.split(" ")[0] not in pseudo:
            found.append(point)
    return tuple(sorted(set(found)))


def _below(point: str, folders: tuple[str, ...]) -> bool:
    return f"{point}/".startswith(tuple(f"{folder}/" for folder in folders))
