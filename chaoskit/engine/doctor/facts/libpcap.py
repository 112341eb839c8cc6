"""The library that compiles the filters of captures."""

from __future__ import annotations

from collections.abc import Iterator

from chaoskit.engine.doctor.fact import MISSING, OK, Fact
from chaoskit.kernel import bpf


def facts() -> Iterator[Fact]:
    """Whether this machine has libpcap."""
    if bpf.is_here():
        yield Fact("libpcap", "tool", OK, "installed")
    else:
        remedy = f"apt-get install {bpf.PACKAGE}"
        yield Fact(
            "libpcap",
            "tool",
            MISSING,
            "not found",
            "captures cannot be filtered, and late segments not be taken down",
            remedy,
            bpf.PACKAGE,
        )
