"""Processes by boot id, pid and start time: a pid alone may belong to somebody else by now."""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path


def boot_id() -> str:
    """The kernel's id of this boot (random(4), /proc/sys/kernel/random/boot_id)."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


@dataclass(frozen=True)
class Identity:
    """One process, whatever its pid is given to later.

    Attributes:
        start: clock ticks after boot at which it started (proc(5), field 22 of stat).
    """

    boot: str
    pid: int
    start: int

    @classmethod
    def of(cls, pid: int) -> Identity:
        """The process that has this pid now.

        Raises:
            ProcessLookupError: there is none.
        """
        start = start_time(pid)
        if start is None:
            raise ProcessLookupError(f"no process {pid}")
        return cls(boot_id(), pid, start)

    def alive(self) -> bool:
        """Whether it still runs; a zombie does not."""
        return self.boot == boot_id() and start_time(self.pid) == self.start

    def kill(self, sig: int = signal.SIGKILL) -> bool:
        """Signal it, and only it: by a pidfd taken before its start time is looked at. False when it is gone."""
        try:
            fd = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return False
        try:
            if not self.alive():
                return False
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(fd, sig)
            return True
        finally:
            os.close(fd)


def user_outside() -> int:
    """The user of this process as those see it who are in no user namespace of its own (user_namespaces(7))."""
    own = os.getuid()
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        inside, outside, count = map(int, line.split())
        if inside <= own < inside + count:
            return outside + own - inside
    return own


def start_time(pid: int) -> int | None:
    """Start time of a process in ticks after boot; None when there is none, or only its zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command's name may hold blanks and brackets; the fields begin after the last bracket.
    fields = stat[stat.rindex(")") + 2 :].split()
    return None if fields[0] in "ZX" else int(fields[19])
