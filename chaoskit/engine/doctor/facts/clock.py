"""The clock source: every event of a run is stamped with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chaoskit.engine.doctor.fact import OK, SUBSTITUTE, Fact

_SLOW = {"hpet", "acpi_pm", "jiffies"}
"""Sources whose every reading is a system call and microseconds of waiting."""


def facts(
    path: Path = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
) -> Iterator[Fact]:
    """Which source the kernel uses."""
    source = path.read_text().strip() if path.exists() else "unknown"
    if source in _SLOW:
        means = "reading the time is slow; high request rates will lag"
        yield Fact("clock source", "machine", SUBSTITUTE, source, means)
    else:
        yield Fact("clock source", "machine", OK, source)
