"""Readings of /proc: what state a process is in, and which share its pid namespace. See proc(5)."""

from __future__ import annotations

from pathlib import Path


def state(pid: int) -> str:
    """One letter: R running, S sleeping, D waiting for a disk, T stopped, Z zombie.

    Raises:
        ProcessLookupError: there is none of that number.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError) as error:
        raise ProcessLookupError(f"there is no process {pid}") from error
    return text.rpartition(")")[2].split()[0]  # the command's name may hold blanks and brackets


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
