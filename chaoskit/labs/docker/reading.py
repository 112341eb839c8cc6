"""What `docker inspect` says of a container, as far as its life is concerned."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_GRACE_S = 10
"""Docker's own where a container has none."""


@dataclass(frozen=True)
class Reading:
    """One reading of a container's state (Docker Engine API, `GET /containers/{id}/json`).

    Attributes:
        pid: of its init, or None.
        ended: it has run, and does not any more.
        restarting: it ended, and the engine is going to start it again.
        grace_s: seconds between the stop signal and SIGKILL.
    """

    pid: int | None
    paused: bool
    ended: bool
    restarting: bool
    exit_code: int
    healthy: bool | None
    restarts: int
    grace_s: int

    @classmethod
    def of(cls, inspected: Mapping[str, Any]) -> Reading:
        """From the answer of the API."""
        state, config = inspected["State"], inspected["Config"]
        health = (state.get("Health") or {}).get("Status", "none")
        grace = config.get("StopTimeout")
        return cls(
            pid=state["Pid"] or None,
            paused=bool(state["Paused"]),
            ended=state["Status"] in ("exited", "dead", "restarting"),
            restarting=bool(state["Restarting"]),
            exit_code=int(state["ExitCode"]),
            healthy={"healthy": True, "unhealthy": False}.get(health),
            restarts=int(inspected.get("RestartCount", 0)),
            grace_s=_GRACE_S if grace is None else int(grace),
        )


def as_exit_code(status: int) -> int:
    """An exit status as the engine has it, 128 and more for a signal, as `Status` has it: negative then."""
    return 128 - status if 128 < status < 128 + signal.NSIG else status


def is_of(pid: int, container: str) -> bool:
    """Whether a process of this machine belongs to a container: its control groups name it (cgroups(7))."""
    try:
        return container in Path(f"/proc/{pid}/cgroup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
