"""Readings of /proc: who a process is, and what state it is in. See proc(5)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_AFTER_NAME = {"state": 0, "starttime": 19}
"""Positions in /proc/PID/stat behind the command's name, which may hold spaces and brackets."""


@dataclass(frozen=True)
class Identity:
    """A process, told apart from a later one of the same number.

    Attributes:
        starttime: clock ticks after boot.
        boot: the machine's boot id.
    """

    pid: int
    starttime: int
    boot: str


def boot_id() -> str:
    """The random id of this boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def identity(pid: int) -> Identity:
    """Who a process is.

    Raises:
        ProcessLookupError: there is none of that number.
    """
    return Identity(pid, int(_stat(pid, "starttime")), boot_id())


def is_alive(who: Identity) -> bool:
    """Whether exactly that process still runs; a zombie does not."""
    try:
        same = int(_stat(who.pid, "starttime")) == who.starttime and boot_id() == who.boot
        return same and state(who.pid) != "Z"
    except ProcessLookupError:
        return False


def state(pid: int) -> str:
    """One letter: R running, S sleeping, D waiting for a disk, T stopped, Z zombie.

    Raises:
        ProcessLookupError: there is none of that number.
    """
    return _stat(pid, "state")


def pid_of(pidfd: int) -> int | None:
    """The number, in this process's pid namespace, of the process an open pidfd stands for; None when it ended."""
    text = Path(f"/proc/self/fdinfo/{pidfd}").read_text()
    number = int(next(line for line in text.splitlines() if line.startswith("Pid:")).split()[1])
    return number if number > 0 else None


def pid_namespace(pid: int) -> int | None:
    """The inode of a process's pid namespace, or None when it is gone or not ours to look at."""
    try:
        return Path(f"/proc/{pid}/ns/pid").stat().st_ino
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return None


def members(namespace: int) -> list[int]:
    """The processes of a pid namespace, by its inode."""
    pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [pid for pid in pids if pid_namespace(pid) == namespace]


def _stat(pid: int, field: str) -> str:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError) as error:
        raise ProcessLookupError(f"there is no process {pid}") from error
    return text.rpartition(")")[2].split()[_AFTER_NAME[field]]
