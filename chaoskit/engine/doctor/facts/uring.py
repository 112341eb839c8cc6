"""io_uring: the load engine's quicker way to the kernel."""

from __future__ import annotations

from collections.abc import Iterator

from chaoskit.core.errors import ChaoskitError
from chaoskit.engine.doctor.fact import MISSING, OK, SUBSTITUTE, Fact
from chaoskit.loads.transport import refusal, transport


def facts() -> Iterator[Fact]:
    """Whether a ring may be made - seccomp profiles and kernel.io_uring_disabled forbid it -, and what is used."""
    value = refusal() or "allowed"
    try:
        used = f"the load engine uses {transport().name}"
    except ChaoskitError as error:
        yield Fact("io_uring", "machine", MISSING, value, f"no HTTP load runs: {error.args[0]}", error.remedy)
    else:
        yield Fact("io_uring", "machine", SUBSTITUTE if refusal() else OK, value, used)
