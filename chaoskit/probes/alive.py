"""`alive`: is the daemon of a host there, and what does its healthcheck say?"""

from __future__ import annotations

from collections.abc import Mapping

from chaoskit.core.probe import ProbeHost, Reader, probe
from chaoskit.core.step import Json


@probe
def alive(host: ProbeHost) -> Reader:
    """The host's state, init's pid and health: `{"state": "running", "pid": 4711, "healthy": true}`.

    `state` is one of `chaoskit.core.host.HostState`. `pid` is null where no daemon runs, `healthy` where
    there is no healthcheck, or none has answered yet.
    """

    def read() -> Mapping[str, Json]:
        status = host.status()
        return {"state": status.state.value, "pid": status.pid, "healthy": status.healthy}

    return read
