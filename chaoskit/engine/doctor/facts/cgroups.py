"""Control groups: limits of cores and memory, and freezing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from chaoskit.engine.doctor.fact import OK, SUBSTITUTE, Fact

_ROOT = Path("/sys/fs/cgroup")


def facts(root: Path = _ROOT) -> Iterator[Fact]:
    """Which hierarchies there are, and whether groups can be made in them."""
    found, folder = _hierarchy(root)
    if folder is not None and os.access(folder, os.W_OK):
        yield Fact("cgroups", "machine", OK, found)
    else:
        means = "cpus and mem_limit of services are not enforced; pausing a host stops its processes by signal"
        yield Fact("cgroups", "machine", SUBSTITUTE, f"{found}, not writable" if folder else found, means)


def _hierarchy(root: Path) -> tuple[str, Path | None]:
    if (root / "cgroup.controllers").exists():
        return "v2", root
    legacy = [name for name in ("cpu", "memory", "freezer") if (root / name).is_dir()]
    if legacy:
        mixed = " and v2" if (root / "unified" / "cgroup.procs").exists() else ""
        return f"v1 ({', '.join(legacy)}){mixed}", root / legacy[0]
    return "none mounted", None
