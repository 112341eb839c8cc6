"""What `chaoskit lab up --driver docker` costs beside `docker compose up` alone on the same lab, in one run.

    python tests/bench/compose.py [--lab gslb] [--rounds 5] [--json FILE]

Time is until every healthcheck is healthy. Memory is the largest sum of proportional set sizes (proc(5),
smaps_rollup) of all processes that were not there before: commands, keeper, containers with their shims. Rounds
alternate, so that whatever else the machine does hits both; still, it has to be quiet. The table shows medians.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_EVERY_S = 0.02
_WITHIN_S = 180


class Peak:
    """The memory of processes that come while it is entered, in bytes."""

    def __init__(self) -> None:
        self.bytes = 0
        self._before = _processes()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample)

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._over.wait(_EVERY_S):
            self.bytes = max(self.bytes, sum(map(_proportional, _processes() - self._before)))


def _processes() -> set[int]:
    return {int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()}


def _proportional(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0  # it is gone, or was never but the kernel's own, or is between two programs (execve(2))
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))


def _called(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, timeout=_WITHIN_S, check=True, cwd=_ROOT).stdout


def compose(lab: str) -> Callable[[], object]:
    """Bring it up by Docker Compose; what is returned takes it down."""
    docker = ("docker", "compose", "-f", f"compose/{lab}.yaml", "-p", "chaoskit-bench")
    try:
        _called(*docker, "up", "--detach", "--wait", "--pull", "never")
    except BaseException:
        _called(*docker, "down", "--volumes")
        raise
    return lambda: _called(*docker, "down", "--volumes")


def chaoskit(lab: str) -> Callable[[], object]:
    """Bring it up by chaoskit; what is returned takes it down."""
    ours = (sys.executable, "-m", "chaoskit", "lab")
    run = str(json.loads(_called(*ours, "up", lab, "--driver", "docker", "--json"))["run"])
    return lambda: _called(*ours, "down", run)


def measured(up: Callable[[str], Callable[[], object]], lab: str) -> dict[str, float]:
    """Seconds until it is healthy, and the peak of memory on the way, in bytes."""
    with Peak() as peak:
        began = time.monotonic()
        down = up(lab)
        seconds = time.monotonic() - began
    down()
    return {"seconds": seconds, "bytes": float(peak.bytes)}


def measure(lab: str, rounds: int) -> dict[str, float]:
    """Medians of both, and ours by theirs."""
    theirs, ours = [], []
    for _ in range(rounds):
        theirs.append(measured(compose, lab))
        ours.append(measured(chaoskit, lab))
    row: dict[str, float] = {}
    for what in ("seconds", "bytes"):
        row[f"compose_{what}"] = statistics.median(each[what] for each in theirs)
        row[f"chaoskit_{what}"] = statistics.median(each[what] for each in ours)
        row[f"ratio_{what}"] = row[f"chaoskit_{what}"] / row[f"compose_{what}"]
    return row


def main() -> None:
    """Measure, print, and write the figures where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lab", default="gslb")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    row = measure(chosen.lab, chosen.rounds)
    print(f"time    compose {row['compose_seconds']:7.2f} s    chaoskit {row['chaoskit_seconds']:7.2f} s   ", end="")
    print(f"{row['ratio_seconds']:5.2f}x")
    print(
        f"memory  compose {row['compose_bytes'] / 2**20:7.1f} MiB  chaoskit {row['chaoskit_bytes'] / 2**20:7.1f} MiB ",
        end="",
    )
    print(f"{row['ratio_bytes']:5.2f}x")
    if chosen.json:
        chosen.json.write_text(json.dumps(row, indent=2) + "\n")


if __name__ == "__main__":
    main()
