"""What of this machine a run could leave behind: links, rules, mounts, processes, sysctls, qdiscs."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from chaoskit.kernel.identity import Identity


@dataclass(frozen=True)
class Machine:
    """One look at the machine's own namespaces."""

    links: str
    rules: str
    mounts: str
    qdiscs: str
    sysctls: str
    cgroups: str


def look() -> Machine:
    """Everything a run could change outside its own namespaces.

    Rules are listed without their counters, which a Docker engine's move with every packet.
    """
    only_alone()
    return Machine(
        _said("ip", "-o", "link"),
        _said("nft", "--stateless", "list", "ruleset"),
        Path("/proc/self/mounts").read_text(),
        _said("tc", "qdisc"),
        _sysctls(),
        "\n".join(sorted(str(path) for path in Path("/sys/fs/cgroup").rglob("*chaoskit*"))),
    )


def only_alone() -> None:
    """See that no other test runs meanwhile, whose doings would be taken for this one's.

    Raises:
        RuntimeError: this is one of several processes of pytest-xdist.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        raise RuntimeError("a test that looks at the whole machine needs the mark `alone`")


def _said(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=10).stdout


def _sysctls() -> str:
    values = []
    for path in sorted(Path("/proc/sys/net/ipv4").rglob("*")):
        if path.is_file() and os.access(path, os.R_OK) and path.stat().st_mode & 0o444:
            values.append(f"{path}={_value(path)}")
    return "\n".join(values)


def _value(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:  # some can be listed but not read
        return str(error.errno)


def tree(root: int) -> set[Identity]:
    """A process and everything that descends from it, by children lists; those who left it are not found."""
    found: set[Identity] = set()
    todo = [root]
    while todo:
        pid = todo.pop()
        try:
            found.add(Identity.of(pid))
            for task in Path(f"/proc/{pid}/task").iterdir():
                todo += map(int, (task / "children").read_text().split())
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while it was looked at
    return found


def commands(identities: Iterable[Identity]) -> dict[Identity, str]:
    """What each process is, for messages and for choosing one."""
    named = {}
    for identity in identities:
        try:
            named[identity] = Path(f"/proc/{identity.pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue
    return named


def until(holds: Callable[[], bool], within: float) -> bool:
    """Wait for a condition, at most `within` seconds; whether it came."""
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
