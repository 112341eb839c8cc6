"""CPU and memory limits by control groups, version 1 or 2, whichever this machine has. See cgroups(7).

A group is made directly below a controller's root, named by whoever makes it, and only for a
process that has a limit: where nobody asks for one, nothing is made.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

_PERIOD = 100_000
"""Microseconds over which a CPU quota is given out, the kernel's default."""
_ROOT = Path("/sys/fs/cgroup")
_ATTEMPTS = 200


@dataclass(frozen=True)
class Limits:
    """What a group may use at most.

    Attributes:
        cpus: cores, 0.5 for half of one.
        memory: bytes.
    """

    cpus: float | None
    memory: int | None


@dataclass(frozen=True)
class Controllers:
    """Where limits are set.

    Attributes:
        version: 1 or 2; 0 where no controller can be used.
        cpu: the root folder of the CPU controller, or None.
        memory: the root folder of the memory controller, or None.
    """

    version: int
    cpu: Path | None
    memory: Path | None


def controllers(root: Path = _ROOT) -> Controllers:
    """What this machine offers; version 1 goes first, since a hybrid machine has its controllers there."""
    cpu = _first(root / "cpu", root / "cpu,cpuacct")
    memory = _first(root / "memory")
    if cpu or memory:
        return Controllers(1, cpu, memory)
    with contextlib.suppress(FileNotFoundError):
        offered = (root / "cgroup.controllers").read_text().split()
        return Controllers(2, root if "cpu" in offered else None, root if "memory" in offered else None)
    return Controllers(0, None, None)


def _first(*folders: Path) -> Path | None:
    return next((folder for folder in folders if (folder / "cgroup.procs").exists()), None)


def folders(name: str, limits: Limits, where: Controllers) -> list[Path]:
    """What `make` will make, to be written down before it is there."""
    roots = [_root(where, controller) for controller, _, _ in _settings(limits, where.version)]
    return list(dict.fromkeys(root / name for root in roots if root is not None))


def make(name: str, limits: Limits, where: Controllers) -> list[Path]:
    """Make groups with limits; the folders a process joins by writing to their `cgroup.procs`.

    Raises:
        OSError: a controller is missing or may not be written.
    """
    made: list[Path] = []
    try:
        if where.version == 2:
            _enable(where, limits)
        for controller, wanted, settings in _settings(limits, where.version):
            root = _root(where, controller)
            if root is None:
                raise OSError(f"this machine has no {controller} controller that sets {wanted}")
            group = root / name
            if group not in made:
                group.mkdir(parents=True)
                made.append(group)
            for file, value in settings:
                (group / file).write_text(value)
    except OSError:
        remove(made)
        raise
    return made


def _root(where: Controllers, controller: str) -> Path | None:
    return {"cpu": where.cpu, "memory": where.memory}[controller]


def _settings(limits: Limits, version: int) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Controller, what it limits, and the files to write, in order."""
    found: list[tuple[str, str, list[tuple[str, str]]]] = []
    if limits.cpus is not None:
        quota = max(1000, round(limits.cpus * _PERIOD))
        files = {1: [("cpu.cfs_period_us", str(_PERIOD)), ("cpu.cfs_quota_us", str(quota))]}
        found.append(("cpu", f"cpus={limits.cpus:g}", files.get(version, [("cpu.max", f"{quota} {_PERIOD}")])))
    if limits.memory is not None:
        file = "memory.limit_in_bytes" if version == 1 else "memory.max"
        found.append(("memory", f"memory={limits.memory}", [(file, str(limits.memory))]))
    return found


def _enable(where: Controllers, limits: Limits) -> None:
    """Version 2: children have a controller only where their parent passes it on."""
    root = where.cpu or where.memory
    if root is None:
        return
    on = (root / "cgroup.subtree_control").read_text().split()
    for controller, _, _ in _settings(limits, 2):
        if controller not in on:
            (root / "cgroup.subtree_control").write_text(f"+{controller}")


def remove(groups: list[Path]) -> None:
    """Remove groups whose processes have ended; one that is gone already is no error.

    Raises:
        OSError: a group still has processes after 2 s.
    """
    for group in groups:
        for attempt in range(_ATTEMPTS):
            try:
                group.rmdir()
            except FileNotFoundError:
                break
            except OSError:
                if attempt == _ATTEMPTS - 1:
                    raise
                time.sleep(0.01)
            else:
                break
