"""System calls that Python 3.11 has no name for, as functions that raise OSError. Linux, all architectures.

Numbers and meanings: unshare(2), setns(2), mount(2), mount_setattr(2), pivot_root(2), prctl(2).
"""

from __future__ import annotations

import ctypes
import os
import signal
import struct

CLONE_NEWNS = 0x0002_0000
CLONE_NEWCGROUP = 0x0200_0000
CLONE_NEWUTS = 0x0400_0000
CLONE_NEWIPC = 0x0800_0000
CLONE_NEWUSER = 0x1000_0000
CLONE_NEWPID = 0x2000_0000
CLONE_NEWNET = 0x4000_0000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MNT_DETACH = 2

_SYS_MOUNT_SETATTR = 442
"""On every architecture but alpha."""
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_MOUNT_ATTR = struct.Struct("=QQQQ")
"""struct mount_attr: what is set, what is cleared, propagation, user namespace (linux/mount.h)."""
_MOUNT_ATTR_RDONLY, _MOUNT_ATTR_NOSUID, _MOUNT_ATTR_NODEV = 1, 2, 4

_PR_SET_PDEATHSIG = 1
_PR_CAPBSET_DROP = 24

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def unshare(flags: int) -> None:
    """Move the calling thread (for CLONE_NEWPID: its future children) into new namespaces."""
    _checked(_libc.unshare(flags), "unshare")


def setns(fd: int, kind: int = 0) -> None:
    """Move the calling thread into the namespace an open file refers to."""
    _checked(_libc.setns(fd, kind), "setns")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """The system call of that name; its error names source and target."""
    result = _libc.mount(
        source.encode(), target.encode(), kind.encode() or None, ctypes.c_ulong(flags), options.encode() or None
    )
    _checked(result, f"mount {source} on {target}")


def make_read_only(target: str) -> None:
    """Let nothing be written at a mount and at all that is mounted below it; no devices there and no other users.

    mount_setattr(2), Linux 5.12: unlike a remount it leaves the flags alone that a user namespace may not clear.
    """
    attributes = _MOUNT_ATTR.pack(_MOUNT_ATTR_RDONLY | _MOUNT_ATTR_NOSUID | _MOUNT_ATTR_NODEV, 0, 0, 0)
    result = _libc.syscall(
        _SYS_MOUNT_SETATTR, _AT_FDCWD, target.encode(), _AT_RECURSIVE, attributes, ctypes.c_size_t(_MOUNT_ATTR.size)
    )
    _checked(result, f"mount_setattr {target}")


def unmount(target: str, flags: int = MNT_DETACH) -> None:
    """umount2(2), detaching by default."""
    _checked(_libc.umount2(target.encode(), flags), f"umount {target}")


def die_with_parent(sig: int = signal.SIGKILL) -> None:
    """Ask for a signal when the *thread* that forked this process ends (prctl PR_SET_PDEATHSIG)."""
    _checked(_libc.prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(sig), 0, 0, 0), "prctl PR_SET_PDEATHSIG")


def drop_bounding(capability: int) -> None:
    """Drop a capability from the bounding set (prctl PR_CAPBSET_DROP)."""
    _checked(_libc.prctl(_PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0), "prctl PR_CAPBSET_DROP")


def set_domainname(name: str) -> None:
    """setdomainname(2) in the caller's UTS namespace."""
    raw = name.encode()
    _checked(_libc.setdomainname(raw, len(raw)), "setdomainname")


def set_hostname(name: str) -> None:
    """sethostname(2) in the caller's UTS namespace."""
    raw = name.encode()
    _checked(_libc.sethostname(raw, len(raw)), "sethostname")


def pivot_root_here() -> None:
    """Make the current directory the root; the old one is stacked on it until `unmount(".")`.

    pivot_root(".", ".") is the idiom of the manual page, which needs no folder to put the old root
    in. Until the old root is detached, open files of it can still be bound into the new one.
    """
    number = {"x86_64": 155, "aarch64": 41, "riscv64": 41, "s390x": 217, "ppc64le": 203, "armv7l": 218}
    machine = os.uname().machine
    if machine not in number:
        raise OSError(f"pivot_root: the system call's number on {machine} is not known")
    _checked(_libc.syscall(number[machine], b".", b"."), "pivot_root")
