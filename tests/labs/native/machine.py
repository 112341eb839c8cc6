"""A reading of what a lab could leave on the machine, for comparison before and after."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.machine import only_alone


@dataclass(frozen=True)
class Machine:
    """Everything of the machine a lab must leave as it found it."""

    links: tuple[str, ...]
    mounts: tuple[str, ...]
    ruleset: str
    cgroups: tuple[str, ...]


def read() -> Machine:
    """The machine now, without what belongs to other labs' namespaces."""
    only_alone()
    links = json.loads(_output("ip", "-j", "link"))
    mounts = [line.split(" ", 2)[2] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    groups = [str(path) for path in Path("/sys/fs/cgroup").glob("*/*chaoskit-test-run*")]
    groups += [str(path) for path in Path("/sys/fs/cgroup").glob("chaoskit-test-run*")]
    # Without counters, which a Docker engine's rules have and every packet moves.
    ruleset = _output("nft", "--stateless", "list", "ruleset")
    return Machine(tuple(link["ifname"] for link in links), tuple(mounts), ruleset, tuple(groups))


def processes(directory: Path) -> list[int]:
    """Processes that see a lab's disk, which is mounted below its directory: the island and every host's."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if f"{directory}/disk" in (entry / "mountinfo").read_text():
                found.append(int(entry.name))
        except (FileNotFoundError, ProcessLookupError, PermissionError, OSError):
            continue
    return found


def wait_empty(directory: Path, seconds: float = 2.0) -> list[int]:
    """What is left of a lab's processes after at most so many seconds."""
    deadline = time.monotonic() + seconds
    while (left := processes(directory)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return left


def _output(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout
