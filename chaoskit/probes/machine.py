"""The machine itself: did it have time to measure? Not bound to a host; a gate compares two readings."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path

_PROC = Path("/proc")

_ACCOUNTED = 8
"""user nice system idle iowait irq softirq steal; guest time after them is part of user already (proc(5))."""
_STEAL = 7


def read_machine(proc: Path = _PROC) -> Mapping[str, float | None]:
    """Take one reading of how much time this machine lost; counters grow from boot on.

    Returns:
        `psi_cpu_total_us`: µs in which some task waited for a CPU; None where the kernel has no pressure
            information (CONFIG_PSI, `psi=0`). `psi_cpu_avg10`: per cent of the last 10 s, or None alike.
        `steal_ticks`: ticks a hypervisor gave to others; `total_ticks`: all ticks, of all CPUs together.
        `load1`: the load average over a minute; `cpus`: how many this process may run on.

    Raises:
        OSError: /proc cannot be read.
    """
    ticks = [int(word) for word in (proc / "stat").read_text().partition("\n")[0].split()[1 : _ACCOUNTED + 1]]
    average, total = _pressure(proc / "pressure" / "cpu")
    return {
        "psi_cpu_total_us": total,
        "psi_cpu_avg10": average,
        "steal_ticks": ticks[_STEAL],
        "total_ticks": sum(ticks),
        "load1": float((proc / "loadavg").read_text().split()[0]),
        "cpus": len(os.sched_getaffinity(0)),
    }


def _pressure(path: Path) -> tuple[float | None, float | None]:
    """avg10 and total of the line `some avg10=0.12 avg60=... avg300=... total=4711` (Documentation/accounting/psi)."""
    try:
        text = path.read_text()
    except (FileNotFoundError, NotADirectoryError):
        return None, None
    except OSError as error:
        # A kernel with pressure information switched off has the file, and refuses to read it.
        if error.errno == errno.EOPNOTSUPP:
            return None, None
        raise
    some = next(line for line in text.splitlines() if line.startswith("some "))
    fields = dict(word.split("=", 1) for word in some.split()[1:])
    return float(fields["avg10"]), float(fields["total"])
