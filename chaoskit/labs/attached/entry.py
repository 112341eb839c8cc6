"""Where a project's callers go: its published ports, else whatever of it speaks HTTP."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from chaoskit.labs.attached.project import Instance, find_project
from chaoskit.labs.docker.engine import engine

_USUAL = (80, 8080, 8000, 3000, 5000)
"""Ports that are asked first of those that are not published."""
_MOST = 20
"""Doors that are tried at most."""
_WITHIN_S = 1.0
_SUCCESS = range(200, 400)


@dataclass(frozen=True)
class Door:
    """A TCP port of a service that may speak HTTP.

    Attributes:
        address: of one of its instances, as this machine reaches it.
        port: where it listens there.
        published: it is reachable from outside of the project.
    """

    service: str
    address: str
    port: int
    published: bool


def doors(project: str) -> tuple[Door, ...]:
    """The TCP ports that a project's containers say they listen at, published ones first, one a service and port.

    Raises:
        UsageError: there is no such project.
        LabError: the engine does not answer.
    """
    with closing(engine()) as client:
        running = find_project(client, project).running
    found: dict[tuple[str, int], Door] = {}
    for door in (door for instance in running for door in _doors(instance)):
        known = found.setdefault((door.service, door.port), door)
        if door.published and not known.published:
            found[door.service, door.port] = door
    return tuple(sorted(found.values(), key=_rank))[:_MOST]


def _rank(door: Door) -> tuple[bool, int]:
    usual = _USUAL.index(door.port) if door.port in _USUAL else len(_USUAL)
    return not door.published, usual


def _doors(instance: Instance) -> Iterator[Door]:
    settings = instance.raw["NetworkSettings"]
    addresses = [network["IPAddress"] for network in (settings.get("Networks") or {}).values() if network["IPAddress"]]
    ports = {**dict.fromkeys(instance.raw["Config"].get("ExposedPorts") or {}), **(settings.get("Ports") or {})}
    for words, bindings in ports.items():
        port, _, protocol = words.partition("/")
        if protocol == "tcp" and addresses:
            yield Door(instance.service, addresses[0], int(port), bool(bindings))


def speaking(tried: Sequence[Door], path: str) -> tuple[Door, int] | None:
    """The first that answers a GET with success, else the first that answers HTTP at all; with the status.

    Each is asked once, from this machine.
    """
    answered: list[tuple[Door, int]] = []
    for door in tried:
        status = _status(door, path)
        if status in _SUCCESS:
            return door, status
        if status:
            answered.append((door, status))
    return answered[0] if answered else None


def _status(door: Door, path: str) -> int:
    """What it answers; 0 where it is no HTTP, or nobody listens."""
    connection = http.client.HTTPConnection(door.address, door.port, timeout=_WITHIN_S)
    try:
        connection.request("GET", path, headers={"Host": door.service})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
