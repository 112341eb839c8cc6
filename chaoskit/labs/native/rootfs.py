"""A host's file system: the machine's, with everything a host may write being its own.

/           overlay of the machine's / (reads) and the lab's disk (writes)
/run /tmp   the host's own, empty after a power-off
/proc /sys  fresh; read-only but for /proc/sys/net
/dev        a few nodes, own /dev/shm and /dev/pts
volumes     bound from the lab's disk
"""

from __future__ import annotations

import os

from chaoskit.kernel import syscalls
from chaoskit.kernel.syscalls import (
    MS_BIND,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_RDONLY,
    MS_REC,
    MS_REMOUNT,
    mount,
)
from chaoskit.labs.native import base, devices, preparation, volumes
from chaoskit.labs.native.plan import HostPlan, IslandPlan, MountPlan

_READ_ONLY = ("/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs")
_HIDDEN = ("/proc/kcore", "/proc/keys", "/proc/timer_list")


def folder(disk: str, host: HostPlan) -> str:
    """What the host wrote, on the lab's disk."""
    return f"{disk}/hosts/{host.number}"


def empty_volatile(disk: str, host: HostPlan) -> None:
    """Forget /run and /tmp, as a machine does that loses power."""
    import shutil  # noqa: PLC0415  costs a quarter of the island's start, and a lab may never need it

    for name in base.VOLATILE:
        shutil.rmtree(f"{folder(disk, host)}/{name}", ignore_errors=True)


def enter(plan: IslandPlan, host: HostPlan) -> None:
    """Make the host's file system the root of the calling process, which is pid 1 in fresh mount and pid namespaces.

    Raises:
        OSError: a mount was refused; the message names it.
    """
    own = folder(plan.disk, host)
    first = not os.path.exists(own)
    base.make_folders(own)
    preparation.write_etc(own, host)
    root = base.assemble(plan, own)
    for name in base.VOLATILE:
        mount(f"{own}/{name}", f"{root}/{name}", "", MS_BIND)
    _kernel_file_systems(root)
    sources = _open_volumes(plan, host)
    os.chdir(root)
    syscalls.pivot_root_here()
    _protect_proc()
    if first:
        preparation.once(host)
    for wanted, source in zip(host.mounts, sources, strict=True):
        if wanted.fresh and source is not None:
            volumes.furnish(wanted, source, owners=not plan.one_user)
        _mount_volume(wanted, source)
    preparation.each_start(host, owners=not plan.one_user)
    if host.read_only:
        mount("", "/", "", MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NODEV)
    syscalls.unmount(".")
    os.chdir("/")


def _kernel_file_systems(root: str) -> None:
    """Mount /proc, /sys and /dev below a root that is about to be entered."""
    mount("proc", f"{root}/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    mount("sysfs", f"{root}/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY)
    dev = f"{root}/dev"
    mount("tmpfs", dev, "tmpfs", MS_NOSUID, "mode=755,size=64k")
    devices.make(dev)
    for name in ("shm", "pts"):
        os.mkdir(f"{dev}/{name}")
    mount("tmpfs", f"{dev}/shm", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777,size=64m")
    mount("devpts", f"{dev}/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620")


def _protect_proc() -> None:
    """A root process of a host must not change the machine: only its own network's sysctls are writable."""
    mount("/proc/sys/net", "/proc/sys/net", "", MS_BIND)
    mount("/proc/sys", "/proc/sys", "", MS_BIND | MS_REC)
    read_only = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC
    mount("", "/proc/sys", "", read_only)
    for path in _READ_ONLY:
        if os.path.exists(path):
            mount(path, path, "", MS_BIND)
            mount("", path, "", read_only)
    for path in _HIDDEN:
        if os.path.exists(path):
            mount("/dev/null", path, "", MS_BIND)


def _open_volumes(plan: IslandPlan, host: HostPlan) -> list[int | None]:
    """Open the host's volumes while the lab's disk can be seen."""
    disk = volumes.folder(plan.disk)
    return [os.open(f"{disk}/{each.volume}", os.O_PATH | os.O_CLOEXEC) if each.volume else None for each in host.mounts]


def _mount_volume(wanted: MountPlan, source: int | None) -> None:
    """Mount one volume at its target, which is made where the machine has none."""
    target = wanted.target
    if source is None:
        os.makedirs(target, exist_ok=True)
        size = f",size={wanted.size}" if wanted.size is not None else ""
        mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV, f"mode=1777{size}")
    else:
        origin = f"/proc/self/fd/{source}"
        if os.path.isdir(origin):
            os.makedirs(target, exist_ok=True)
        elif not os.path.exists(target):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644))
        mount(origin, target, "", MS_BIND)
    if wanted.read_only:
        mount("", target, "", MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NODEV)
