"""Pressure stall information: how the gate on a stalled machine sees a stall."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chaoskit.engine.doctor.fact import OK, SUBSTITUTE, Fact


def facts(path: Path = Path("/proc/pressure/cpu")) -> Iterator[Fact]:
    """Whether the kernel accounts for time lost to waiting (linux/Documentation/accounting/psi.rst)."""
    if path.exists():
        yield Fact("PSI", "machine", OK, "counted")
    else:
        means = "stalls are judged by steal time and by the lateness of a sleeping thread"
        yield Fact("PSI", "machine", SUBSTITUTE, "not counted", means, "Boot with psi=1.")
