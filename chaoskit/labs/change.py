"""What a driver tells the keeper when a host's life takes a turn."""

from __future__ import annotations

from dataclasses import dataclass

from chaoskit.core.host import HostState


@dataclass(frozen=True)
class HostChange:
    """One turn in a host's life.

    Attributes:
        t: ns of CLOCK_MONOTONIC.
        pid: the init as the machine's process table has it, or None.
        exit_code: of the daemon that ended, negative for a signal.
        reason: `started`, `exited`, `restarting`, `healthy`, `unhealthy`, `paused`, `resumed`,
            `powered off`, `log cut`, ...
        new_network: it runs in another network namespace than before: what was changed in that one is gone.
    """

    t: int
    host: str
    state: HostState
    pid: int | None
    exit_code: int | None
    reason: str
    new_network: bool = False


@dataclass(frozen=True)
class Timings:
    """How long a lab took to come up, in seconds from the call.

    Attributes:
        created_s: until every host existed with its network.
        started_s: until every daemon was executed.
        ready_s: until every healthcheck was healthy, and every daemon without one had run for a moment.
    """

    created_s: float
    started_s: float
    ready_s: float
