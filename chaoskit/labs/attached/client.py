"""The client host of an attached run: a container of our own on a network of the project, removed afterwards.

It belongs to no service and has none of Compose's labels, so that `docker compose` does not know of it. It ends by
itself after the longest time its run may take, and the engine removes it then, whoever else is gone.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from docker.errors import APIError, ImageNotFound, NotFound

from chaoskit.core.errors import LabError
from chaoskit.labs.attached import sleeper
from chaoskit.labs.attached.networks import CLIENT
from chaoskit.labs.attachment import Client
from chaoskit.labs.docker.engine import api_errors

RUN = "chaoskit.run"
"""The label with the id of the run whose client a container is."""
ATTACHED = "chaoskit.attached"
"""The label with the project that the run of a client is attached to."""

_IMAGE = "chaoskit/client"
_CONFLICT = 409
_TRIES, _TRY_AGAIN_AFTER_S = 6, 0.5


def mac_of(address: str) -> str:
    """A locally administered hardware address (IEEE 802), by the IPv4 address: no two on one network are the same."""
    return "02:42:" + ":".join(f"{int(byte):02x}" for byte in address.split("."))


@dataclass(frozen=True)
class ClientHost:
    """The client of one run.

    Attributes:
        api: the engine's API.
    """

    api: Any
    run: str
    project: str
    wanted: Client

    def make(self) -> str:
        """Make and start it; the container's id.

        Raises:
            LabError: the engine refuses, or gave it another address than the plan has, again and again: where a
                container of its network restarts, its addresses are others at every moment.
        """
        for _ in range(_TRIES - 1):
            container, addresses = self._made()
            if addresses == [self.wanted.address]:
                return container
            self.remove()
            time.sleep(_TRY_AGAIN_AFTER_S)
        container, addresses = self._made()
        if addresses != [self.wanted.address]:
            raise LabError(
                f"the engine gave the client host the address {', '.join(addresses)} where the plan has "
                f"{self.wanted.address}: containers have come to or left its network meanwhile",
                remedy="Run it again.",
            )
        return container

    def _made(self) -> tuple[str, list[str]]:
        """Its id, and the addresses the engine gave it."""
        with api_errors("the client host cannot be made"):
            container = self._created()
            self.api.start(container)
            given = self.api.inspect_container(container)["NetworkSettings"]["Networks"]
        return container, [str(settings["IPAddress"]) for settings in given.values()]

    def _created(self) -> str:
        machine = str(self.api.info()["Architecture"])
        repository, tag = _IMAGE, self.run.lower()
        self.api.import_image_from_data(sleeper.archive(machine, self.wanted.lasts_s), repository, tag)
        endpoint = {"Aliases": [self.wanted.host], "MacAddress": self.wanted.mac}
        made = self.api.create_container_from_config(
            {
                "Image": f"{repository}:{tag}",
                "Entrypoint": [sleeper.PATH],
                "Labels": {RUN: self.run, ATTACHED: self.project},
                "Hostname": self.wanted.host,
                "MacAddress": self.wanted.mac,  # where engines before 25 look for it
                "HostConfig": {
                    "AutoRemove": True,
                    "NetworkMode": self.wanted.network,
                    "CapDrop": ["ALL"],
                    "SecurityOpt": ["no-new-privileges"],
                },
                "NetworkingConfig": {"EndpointsConfig": {self.wanted.network: endpoint}},
            },
            f"{CLIENT}{self.run}",
        )
        return str(made["Id"])

    def remove(self) -> None:
        """Remove the container and its image; doing it twice changes nothing more.

        Raises:
            LabError: the engine refuses.
        """
        with api_errors("the client host cannot be removed"):
            for container in containers(self.api, self.run):
                with contextlib.suppress(NotFound), _going():
                    self.api.remove_container(container["Id"], force=True, v=True)
            with contextlib.suppress(ImageNotFound):
                self.api.remove_image(f"{_IMAGE}:{self.run.lower()}", force=True)


def containers(api: Any, run: str) -> Sequence[Mapping[str, Any]]:
    """The client containers of a run there are, as `docker ps` has them.

    Raises:
        APIError: the engine refuses.
    """
    found: list[Mapping[str, Any]] = api.containers(all=True, filters={"label": f"{RUN}={run}"})
    return found


def others(api: Any, project: str, run: str) -> Sequence[str]:
    """The runs, other than this one, that are attached to the project.

    Raises:
        APIError: the engine refuses.
    """
    listed = api.containers(all=True, filters={"label": f"{ATTACHED}={project}"})
    return sorted({str(one["Labels"][RUN]) for one in listed} - {run})


@contextlib.contextmanager
def _going() -> Iterator[None]:
    """The engine says that it is removing the container already: as wanted."""
    try:
        yield
    except APIError as error:
        if error.status_code != _CONFLICT:
            raise
