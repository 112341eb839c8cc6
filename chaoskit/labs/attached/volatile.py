"""Which fields of a container may change though nobody changes the container, and which are not written down. Pure.

`docker inspect` gives a tree; here a field is its keys joined by dots, as in `State.Health.Status`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

HEALTH = "State.Health.Status"
_RETRIES = 3
"""Docker's own where a healthcheck does not say how often it may fail in a row."""

Fields = Mapping[str, str]
"""The leaves of an inspected object: path to value, in JSON."""

ALWAYS: Mapping[str, str] = {
    "State.Health.Log": "what the last healthchecks said",
    "State.Health.FailingStreak": "counts healthchecks",
    "ExecIDs": "healthchecks and `docker exec` of this moment",
    "SizeRw": "how much it has written",
    "SizeRootFs": "how much it has written",
    "GraphDriver.*": "where the engine keeps its files",
}
"""Fields that are never compared, and why."""

WHEN_STARTED_AGAIN: Mapping[str, str] = {
    "State.Pid": "another process",
    "State.StartedAt": "started later",
    "State.FinishedAt": "ended before it was started again",
    "RestartCount": "counts what the restart policy did",
    "NetworkSettings.SandboxID": "another network namespace",
    "NetworkSettings.SandboxKey": "the path of that namespace",
    "NetworkSettings.*EndpointID": "another end of the link",
    "NetworkSettings.*IPAddress": "the engine chooses an address at each start, unless the user fixed it",
    "NetworkSettings.*GlobalIPv6Address": "as the IPv4 address",
    "NetworkSettings.*MacAddress": "follows the address, or is drawn at random",
    "NetworkSettings.Ports.*": "the engine chooses the machine's port at each start, unless the user fixed it",
    "NetworkSettings.Networks.*.DNSNames": "in another order",
    "LogPath": "a new file where the log driver rotates",
}
"""Fields that a container has anew when its daemon was started again, and why; compared when it was not."""

RUNS = "State.Running"

WHEN_IT_ENDS_OR_BEGINS: Mapping[str, str] = {
    **WHEN_STARTED_AGAIN,
    RUNS: "said as a whole",
    "State.Status": "the same in a word",
    "State.Paused": "only what runs is paused",
    "State.ExitCode": "said with its end",
    "State.Health.*": "only what runs is healthy",
    "NetworkSettings.*Gateway": "what does not run has no links",
    "NetworkSettings.*PrefixLen": "with its address",
    "NetworkSettings.Ports": "published while it runs",
}
"""Fields that follow from a container's not running any more, or running now, and why; one line says it for all."""

WHEN_IT_KEEPS_RESTARTING: Mapping[str, str] = {
    **WHEN_IT_ENDS_OR_BEGINS,
    "State.Restarting": "between two starts",
    "State.Dead": "between two starts",
    "State.Error": "why the last start failed",
    "State.OOMKilled": "how the last one ended",
}
"""Fields of a container that its restart policy was starting again and again when it was found, and why."""

HASHED: Mapping[str, str] = {
    "Config.Env": "values of the environment",
    "Config.Cmd": "may hold passwords",
    "Config.Entrypoint": "may hold passwords",
    "Config.Healthcheck.Test": "may hold passwords",
    "Config.Labels": "may hold anything",
    "Args": "may hold passwords",
    "Path": "with its arguments",
    "HostConfig.LogConfig": "may hold keys of a log service",
}
"""Fields of which only a salted digest is written down, so that they can be compared all the same."""


def fields(inspected: Mapping[str, Any], salt: str) -> Fields:
    """The leaves of an inspected object that are worth a comparison, by path."""
    found = {path: value for path, value in _leaves(inspected, "", salt) if not listed(path, ALWAYS)}
    return {**found, HEALTH: json.dumps("starting")} if _is_asked_again(inspected) else found


def _is_asked_again(inspected: Mapping[str, Any]) -> bool:
    """Whether the engine calls a container unhealthy that no healthcheck has found so.

    It says so of every container that is paused, and after that until the next healthcheck (`CloseMonitorChannel` in
    container/health.go of moby).
    """
    health = (inspected.get("State") or {}).get("Health") or {}
    config = (inspected.get("Config") or {}).get("Healthcheck") or {}
    enough = config.get("Retries") or _RETRIES
    return health.get("Status") == "unhealthy" and int(health.get("FailingStreak", enough)) < enough


def _leaves(value: Any, path: str, salt: str) -> Iterator[tuple[str, str]]:
    if path in HASHED:
        text = json.dumps(value, sort_keys=True)
        yield path, f"digest {hashlib.blake2s(text.encode(), key=bytes.fromhex(salt), digest_size=16).hexdigest()}"
    elif isinstance(value, Mapping) and value:
        for key, each in value.items():
            yield from _leaves(each, f"{path}.{key}" if path else str(key), salt)
    elif isinstance(value, list):
        # The engine lists mounts, aliases and ports in any order.
        yield path, json.dumps(sorted(value, key=lambda each: json.dumps(each, sort_keys=True)), sort_keys=True)
    else:
        yield path, json.dumps(value)


def listed(path: str, table: Mapping[str, str]) -> bool:
    """Whether a field is one of a table."""
    return any(path == pattern or fnmatchcase(path, pattern) for pattern in table)
