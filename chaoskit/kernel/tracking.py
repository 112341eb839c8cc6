"""The control groups by which processes are tracked and ended together, and a place beside them. See cgroups(7).

A service, a login, a job or a container is ended by the group that holds it: in version 2's only hierarchy
(`cgroup.kill`), or in the one of version 1 that systemd keeps for that (`name=systemd`). The controllers of
version 1 are left alone: they hold limits, and those go on for whoever moves.

    /system.slice/ci.service   <- the job, ended as a whole
    /system.slice/chaoskit-RUN <- the process that has to undo what the job began
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from chaoskit.kernel.cgroup import remove

_PROCESSES = "cgroup.procs"
_SELF = "0"
"""What a process writes to `cgroup.procs` to move itself."""


@dataclass(frozen=True)
class Tracked:
    """A group that tracks a process.

    Attributes:
        root: where its hierarchy is mounted.
        group: its folder.
    """

    root: Path
    group: Path

    @property
    def confined(self) -> bool:
        """Whether it is the topmost group in sight, yet some group above can end it: a container's own root.

        The machine's root of version 2 has no `cgroup.events`, and nobody can end it.
        """
        return self.group == self.root and (self.group / "cgroup.events").exists()


def tracked(groups: str | None = None, mounts: str | None = None) -> tuple[Tracked, ...]:
    """Those of this process.

    Args:
        groups: what /proc/self/cgroup says (cgroups(7)).
        mounts: what /proc/self/mountinfo says (proc(5)).
    """
    said = Path("/proc/self/cgroup").read_text() if groups is None else groups
    where = _mounted(Path("/proc/self/mountinfo").read_text() if mounts is None else mounts)
    return tuple(_found(said.splitlines(), where))


def _found(lines: Iterable[str], mounts: dict[str, tuple[str, Path]]) -> Iterator[Tracked]:
    for line in lines:
        _number, name, path = line.split(":", 2)
        if name in mounts:
            top, root = mounts[name]
            # A path that is not below what is mounted lies outside of this cgroup namespace.
            if Path(path).is_relative_to(top) and ".." not in Path(path).parts:
                yield Tracked(root, root / Path(path).relative_to(top))


def _mounted(mountinfo: str) -> dict[str, tuple[str, Path]]:
    """Root within the hierarchy and mount point, by the name that /proc/self/cgroup has for the hierarchy."""
    found: dict[str, tuple[str, Path]] = {}
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        top, point = left.split()[3:5]
        kind, _source, options = right.split(" ", 2)
        if kind == "cgroup2":
            found.setdefault("", (top, Path(point)))
        elif kind == "cgroup" and "name=systemd" in options.split(","):
            found.setdefault("name=systemd", (top, Path(point)))
    return found


@dataclass
class Refuge:
    """Groups of this process's own beside those it was started in.

    Attributes:
        name: of the groups; nobody else has one of that name.
        homes: the groups it was started in.
    """

    name: str
    homes: tuple[Tracked, ...] = field(default_factory=tracked)
    _entered: list[tuple[Tracked, Path]] = field(default_factory=list)

    @property
    def planned(self) -> tuple[Path, ...]:
        """What `enter` will make."""
        return tuple(self._beside(home) for home in self.homes if home.group != home.root)

    def _beside(self, home: Tracked) -> Path:
        return home.group.parent / self.name

    def enter(self) -> tuple[str, ...]:
        """Go there; a sentence for each group that could not be left."""
        return tuple(filter(None, map(self._enter, self.homes)))

    def _enter(self, home: Tracked) -> str:
        if home.group == home.root:
            return f"the control group {home.group} is the topmost one in sight" if home.confined else ""
        own = self._beside(home)
        try:
            own.mkdir()
            (own / _PROCESSES).write_text(_SELF)
        except OSError as error:
            with contextlib.suppress(OSError):
                own.rmdir()
            return f"the control group {home.group} cannot be left: {error.strerror}"
        self._entered.append((home, own))
        return ""

    def leave(self) -> tuple[Path, ...]:
        """Go home, or above it where that is gone, and remove what `enter` made; those that could not be removed."""
        self._entered = [(home, own) for home, own in self._entered if not _left(home, own)]
        return tuple(own for _home, own in self._entered)


def _left(home: Tracked, own: Path) -> bool:
    if not any(map(_join, _upwards(home))):
        return False
    try:
        remove([own])
    except OSError:
        return False  # a process that was started there is still there
    return True


def _upwards(home: Tracked) -> Iterator[Path]:
    yield home.group
    yield from (folder for folder in home.group.parents if folder.is_relative_to(home.root))


def _join(group: Path) -> bool:
    try:
        fd = os.open(group / _PROCESSES, os.O_WRONLY | os.O_CLOEXEC)
    except OSError:
        return False  # gone, or not ours to write
    try:
        os.write(fd, _SELF.encode())
    except OSError:
        return False  # version 2: a group whose children have controllers takes no process
    finally:
        os.close(fd)
    return True
