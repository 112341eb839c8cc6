"""Which containers a Compose project has: by the labels that `docker compose` gives them.

The labels are those of Compose v2 (docker/compose, pkg/api/labels.go): `com.docker.compose.project`, `.service`,
`.container-number`, and `.oneoff`, which is `True` for a container of `docker compose run`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import docker
from docker.errors import NotFound

from chaoskit.core.errors import UsageError
from chaoskit.core.suggest import did_you_mean
from chaoskit.labs.docker.engine import api_errors

PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
NUMBER = "com.docker.compose.container-number"
ONE_OFF = "com.docker.compose.oneoff"
COMPOSE = "com.docker.compose."
"""What every label of Compose's own starts with."""
_ESTABLISHED_S = 10
"""From when on a restart policy takes a container for running again (`restartmanager` of moby)."""


@dataclass(frozen=True)
class Instance:
    """One container of a project.

    Attributes:
        raw: what `docker inspect` says of it.
    """

    raw: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The engine's id."""
        return str(self.raw["Id"])

    @property
    def name(self) -> str:
        """The container's name, as `docker ps` shows it."""
        return str(self.raw["Name"]).removeprefix("/")

    @property
    def labels(self) -> Mapping[str, str]:
        """Every label."""
        return self.raw["Config"].get("Labels") or {}

    @property
    def service(self) -> str:
        """The Compose service it is an instance of."""
        return self.labels[SERVICE]

    @property
    def number(self) -> int:
        """Which of the service's instances it is, from 1."""
        return int(self.labels.get(NUMBER, "1"))

    @property
    def is_running(self) -> bool:
        """Whether it has processes, be they paused."""
        return bool(self.raw["State"]["Running"])

    @property
    def shares_machine(self) -> bool:
        """Whether its network is the machine's own."""
        return str(self.raw["HostConfig"]["NetworkMode"]) == "host"

    @property
    def unsteady(self) -> str:
        """Why nobody may expect it to run on: it is paused, or its restart policy starts it again and again."""
        state = self.raw["State"]
        if state.get("Paused"):
            return "is paused"
        revived = bool(self.raw["RestartCount"]) and self._lived_s < _ESTABLISHED_S
        return "restarts again and again" if state.get("Restarting") or revived else ""

    @property
    def _lived_s(self) -> float:
        began = datetime.fromisoformat(str(self.raw["State"]["StartedAt"]))
        return (datetime.now(UTC) - began).total_seconds()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Its IPv4 addresses, on all networks."""
        return tuple(str(each["IPAddress"]) for each in self.raw["NetworkSettings"]["Networks"].values())

    @property
    def pid(self) -> int:
        """Of its init; 0 when it does not run."""
        return int(self.raw["State"]["Pid"])


@dataclass(frozen=True)
class Project:
    """A project with at least one running container, in the order of services and numbers.

    Attributes:
        running: containers that act as hosts.
        idle: those that have ended, such as one that prepared something.
    """

    name: str
    running: tuple[Instance, ...]
    idle: tuple[Instance, ...] = ()


def find_project(client: docker.DockerClient, name: str) -> Project:
    """The project of that name.

    Raises:
        UsageError: the engine has none, or none of its containers runs.
        LabError: the engine does not answer.
    """
    found = instances(client, name)
    running = tuple(each for each in found if each.is_running)
    if not running:
        what = "has no running container" if found else "is not on this engine"
        raise UsageError(f"the Compose project {name!r} {what}", remedy=_there_are(client, name))
    return Project(name, running, tuple(each for each in found if not each.is_running))


def instances(client: docker.DockerClient, project: str) -> tuple[Instance, ...]:
    """Every container of a project's services, whatever its state; not those of `docker compose run`.

    Raises:
        LabError: the engine does not answer.
    """
    with api_errors(f"the containers of project {project} cannot be listed"):
        listed = client.api.containers(all=True, filters={"label": [f"{PROJECT}={project}", SERVICE]})
    ids = [one["Id"] for one in listed if one["Labels"].get(ONE_OFF, "").lower() != "true"]
    found = [Instance(raw) for raw in inspected(client, ids)]
    return tuple(sorted(found, key=lambda each: (each.service, each.number, each.name)))


def inspected(client: docker.DockerClient, ids: Iterable[str]) -> list[Mapping[str, Any]]:
    """What `docker inspect` says of containers; one that was removed meanwhile is left out.

    Raises:
        LabError: the engine does not answer.
    """
    found: list[Mapping[str, Any]] = []
    for one in ids:
        with api_errors(f"container {one[:12]} cannot be inspected"), contextlib.suppress(NotFound):
            found.append(client.api.inspect_container(one))
    return found


def project_names(client: docker.DockerClient) -> tuple[str, ...]:
    """The projects that have a running container.

    Raises:
        LabError: the engine does not answer.
    """
    with api_errors("the Compose projects cannot be listed"):
        listed = client.api.containers(filters={"label": [PROJECT, SERVICE]})
    return tuple(sorted({one["Labels"][PROJECT] for one in listed}))


def _there_are(client: docker.DockerClient, wanted: str) -> str:
    names = project_names(client)
    if not names:
        return "No Compose project runs on this engine; `docker compose up -d` brings one up."
    return f"{did_you_mean(wanted, names)}Running projects: {', '.join(names)}."
