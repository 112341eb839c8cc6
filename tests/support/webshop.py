"""A Compose project as its owners run it, with nothing of chaoskit in it, and what it looks like from outside.

web (nginx) --> app (three replicas) --> gate (an image without a shell) --> redis
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import docker

FOLDER = Path(__file__).parents[1] / "webshop"
SECRET = "not-for-anybody-elses-eyes"
"""A value of the environment of `app`."""
_STAND_INS = {"nginx:1.26": "nginx", "redis:8.0": "redis", "python:3.13-slim": "python"}
"""Images of Docker Hub, and the target that stands in for each where none can be pulled."""
_FORWARDER = "ghcr.io/shopify/toxiproxy:2.12.0"


@dataclass(frozen=True)
class Webshop:
    """The project while it is up."""

    project: str
    api: Any

    def container(self, host: str) -> str:
        """The name of the container that Compose numbers so: `app-2`."""
        return f"{self.project}-{host}"

    def inspect(self, host: str) -> dict[str, Any]:
        """What the engine says of it."""
        inspected: dict[str, Any] = self.api.inspect_container(self.container(host))
        return inspected

    def look(self, *hosts: str) -> Mapping[str, object]:
        """What can be seen of containers, and of their network namespaces by this machine's own programs."""
        return {host: (_settled(self.inspect(host)), self.network(host)) for host in hosts}

    def network(self, host: str) -> tuple[str, ...]:
        """What is configured in a container's network namespace."""
        pid = self.inspect(host)["State"]["Pid"]
        asked = (
            "ip -d link",
            "ip address",
            "ip route show table all",
            "nft -s list ruleset",
            "tc qdisc",
            "ip neigh show nud permanent",
        )
        return tuple(_said("nsenter", f"--net=/proc/{pid}/ns/net", *words.split()) for words in asked)

    def compose(self, *words: str) -> str:
        """`docker compose` on the project."""
        return _said("docker", "compose", "--project-name", self.project, "--project-directory", str(FOLDER), *words)

    def clients(self) -> list[str]:
        """Names of the containers that runs have added."""
        return [
            one["Names"][0]
            for one in self.api.containers(all=True, filters={"label": f"chaoskit.attached={self.project}"})
        ]


def _settled(inspected: dict[str, Any]) -> dict[str, Any]:
    """Without what healthchecks write."""
    inspected["State"].pop("Health", None)
    inspected.pop("ExecIDs")
    return inspected


def _said(*argv: str) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{' '.join(argv)}: {done.stderr}"
    return done.stdout


def see_images(engine: docker.DockerClient) -> None:
    """Make the images that stand in for those of Docker Hub, where they are not there."""
    from chaoskit.engine.images.ensure import ensure

    missing = [name for name in _STAND_INS if not engine.images.list(name)]
    # The second one for its base, which the stand-ins are built from as well.
    ensure([_FORWARDER, *(["chaoskit/service"] if missing else [])], print)
    for name in missing:
        _said("docker", "build", "--quiet", "--target", _STAND_INS[name], "--tag", name, str(FOLDER / "images"))


@pytest.fixture(scope="session")
def webshop(docker_engine: docker.DockerClient) -> Iterator[Webshop]:
    """The project, up and healthy."""
    see_images(docker_engine)
    shop = Webshop(f"webshop-{os.getpid()}", docker_engine.api)
    try:
        shop.compose("up", "--detach", "--build", "--wait", "--pull", "never")
        yield shop
    finally:
        shop.compose("down", "--volumes", "--timeout", "1", "--rmi", "local")
