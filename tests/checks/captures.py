"""Histories with captures in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chaoskit.core.history import History, Reading
from chaoskit.core.selector import role
from chaoskit.core.step import Json
from chaoskit.probes.capture import capture
from chaoskit.testing import make_history, readings
from tests.checks.world import OUTAGE, outage

leak = capture("host 198.18.84.10").at(role("lb"), every="100ms")
tunnel = capture("udp port 51820").at(role("lb"), every="100ms")

Counter = Callable[[float], Mapping[str, Json] | str]


def count(packets: float, *, dropped: int = 0, since: float = 1.0) -> dict[str, Json]:
    """One reading."""
    n = int(packets)
    return {"packets": n, "bytes": 100 * n, "dropped": dropped, "kept": n, "since": since}


def from_second(second: float, rate: float = 10.0) -> Counter:
    """A capture that sees packets from a moment on."""
    return lambda t: count(max(0.0, (t - second) * rate + 1) if t >= second else 0)


def taken(probe: str, value: Counter | Mapping[str, Json], host: str = "lb-eu", **rhythm: Any) -> tuple[Reading, ...]:
    """Readings of `leak` or `tunnel` at one host, beyond the end as in a run."""
    return readings(probe, host, value, **{"seconds": 30.5, **rhythm})


def recorded(*parts: tuple[Reading, ...]) -> History:
    """Thirty seconds with an outage from 5 s to 17 s, and these readings."""
    names = {"leak": leak, "tunnel": tunnel, "outage": outage}
    return make_history(names=names, events=OUTAGE, readings=[reading for part in parts for reading in part])
