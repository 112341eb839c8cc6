"""`alive`: is the daemon of a host there, and what does its healthcheck say?"""

from __future__ import annotations

from collections.abc import Mapping

from chaoskit.core.probe import ProbeHost, Reader, probe
from chaoskit.core.step import Json


@probe(even_off=True, networked=False)
def alive(host: ProbeHost) -> Reader:
    """The host's state, health and restarts: `{"state": "running", "healthy": true, "restarts": 0}`.

    `state` is one of `chaoskit.core.host.HostState`, `healthy` is null where there is no healthcheck, or none
    has answered yet, `restarts` counts how often the restart policy has started the daemon again.
    """

    def read() -> Mapping[str, Json]:
        status = host.status()
        return {"state": status.state.value, "healthy": status.healthy, "restarts": status.restarts}

    return read
