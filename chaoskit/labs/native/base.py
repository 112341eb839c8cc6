"""The part of a host's root that comes from the machine: seen, never changed."""

from __future__ import annotations

from pathlib import Path

from chaoskit.kernel.syscalls import MS_BIND, MS_NODEV, MS_RDONLY, MS_REMOUNT, mount
from chaoskit.labs.native.plan import IslandPlan

_SHOWN = ("/usr", "/opt", "/lib", "/bin", "/sbin", "/etc", "/var", "/home", "/root", "/srv", "/nix")


def assemble(plan: IslandPlan, own: Path) -> str:
    """Put the root together below a host's folder on the lab's disk; its path.

    An overlay shows the file system of `/` alone: what the machine has mounted below its system
    folders is bound read-only on top.
    """
    for name in ("upper", "work", "root"):
        (own / name).mkdir(exist_ok=True)
    root = str(own / "root")
    mount("overlay", root, "overlay", MS_NODEV, f"lowerdir=/,upperdir={own}/upper,workdir={own}/work")
    for below in plan.submounts:
        mount(below, root + below, "", MS_BIND)
        mount("", root + below, "", MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NODEV)
    return root


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
        is_shown = point.startswith(tuple(f"{shown}/" for shown in _SHOWN)) or point in _SHOWN
        if is_shown and right.split(" ")[0] not in pseudo:
            found.append(point)
    return tuple(sorted(set(found)))
