"""Restart policies: whether and when a daemon that ended is started again. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from chaoskit.core.units import NS
from chaoskit.labs.spec import RestartPolicy

FIRST_DELAY = NS // 10
LONGEST_DELAY = 60 * NS
SETTLED = 10 * NS
"""A daemon that ran for so long starts again after the first delay (Docker's documentation of restart policies)."""


@dataclass(frozen=True)
class Ended:
    """How a daemon ended.

    Attributes:
        asked: by `stop` or `power_off`, not by itself or from outside.
        ran: ns.
        delay: ns of the wait before its last start, 0 for a first one.
        restarts: how often the policy has started it already.
    """

    exit_code: int
    asked: bool
    ran: int
    delay: int
    restarts: int


def next_delay(policy: RestartPolicy, ended: Ended) -> int | None:
    """Nanoseconds until the next start, or None for no restart: 100 ms, doubled up to a minute."""
    if ended.asked or policy.name == "no":
        return None
    if policy.name == "on-failure":
        if ended.exit_code == 0:
            return None
        if policy.max_retries is not None and ended.restarts >= policy.max_retries:
            return None
    if ended.delay == 0 or ended.ran >= SETTLED:
        return FIRST_DELAY
    return min(ended.delay * 2, LONGEST_DELAY)
