"""`etcd_members`: what each member of an etcd cluster says of itself."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from chaoskit.core.errors import UsageError
from chaoskit.core.probe import ProbeHost, Reader, probe
from chaoskit.core.step import Json
from chaoskit.probes.http_exchange import Server

_STATUS = "/v3/maintenance/status"
_MEMBERS = "/v3/cluster/member/list"
"""Both are answered by the member alone, without the others (etcd API reference, Maintenance and Cluster)."""


@probe
def etcd_members(host: ProbeHost, port: int = 2379) -> Reader:
    """What the member on the host says of itself, by etcd's client API.

    `{"leader": true, "knows_leader": true, "healthy": true, "term": 3, "index": 712, "revision": 40, "members": 3}`:
    `leader` - it holds itself to be the leader; `knows_leader` - it holds somebody to be; `healthy` - it reports no
    error: it knows a leader, and no alarm (such as a full disk) is raised; `term` and `index` - of its Raft log;
    `revision` - of its store; `members` - how many the cluster has by its word. A member that does not answer is an
    error reading.

    Every word is the member's own. A leader that has just been cut off says that it leads until an election timeout
    has passed without its hearing from a majority (etcd runs Raft with CheckQuorum), while the others may have chosen
    another one: for that time two members say `leader`, in different terms.

    Args:
        host: where the member runs.
        port: of its client API, which speaks HTTP without TLS.

    Raises:
        UsageError: the host has no address.
    """
    if not host.info.addresses:
        raise UsageError(f"{host.info.name} is on no network", remedy="Probe hosts that run etcd.")
    server = Server(host.info.addresses[0], port)

    def read() -> Mapping[str, Json]:
        deadline = time.monotonic() + host.timeout
        try:
            return parse(_post(server, _STATUS, deadline), _post(server, _MEMBERS, deadline))
        except TimeoutError as error:
            asked = f"{server.host}:{server.port}"
            raise TimeoutError(f"etcd at {asked} did not answer within {host.timeout:g} s") from error

    return read


def parse(status: Mapping[str, Any], members: Mapping[str, Any]) -> Mapping[str, Json]:
    """The reading, of two answers. The gateway writes 64-bit numbers as strings and leaves out what is zero or false.

    Raises:
        OSError: they are no answers of etcd.
    """
    try:
        own, leader = status["header"]["member_id"], status.get("leader", "0")
        return {
            "leader": leader == own,
            "knows_leader": leader != "0",
            "healthy": leader != "0" and not status.get("errors"),
            "term": int(status["raftTerm"]),
            "index": int(status["raftIndex"]),
            "revision": int(status["header"].get("revision", "0")),
            "members": len(members["members"]),
        }
    except (KeyError, TypeError, ValueError) as error:
        raise OSError(f"this is no status of etcd: {error!r} in {str(status)[:200]}") from error


def _post(server: Server, path: str, deadline: float) -> Mapping[str, Any]:
    answer = server.ask("POST", path, deadline, body="{}")
    if answer.status != 200:
        raise OSError(f"etcd at {server.host} answered {answer.status} to {path}: {answer.body[:200]!r}")
    return answer.object()
