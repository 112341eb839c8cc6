"""The Docker engine of this machine, for tests that are marked `docker`.

    @pytest.mark.docker
    def test_a_container_answers(docker_engine: DockerClient) -> None: ...

`make test` sets an engine up; a test run by hand uses what is there. Tests bring images with them by `images(...)`.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from docker import DockerClient


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[DockerClient]:
    """A connection to an engine whose containers can be entered from here, with Compose beside it; else a skip."""
    if reason := _lacks_compose():
        pytest.skip(reason)
    from chaoskit.core.errors import LabError
    from chaoskit.labs.docker.engine import about, check_local, engine

    try:
        client = engine()
    except LabError as error:
        pytest.skip(f"no Docker engine: {error}")
    try:
        check_local(about(client))
        yield client
    except LabError as error:
        pytest.skip(str(error))
    finally:
        client.close()


def _lacks_compose() -> str:
    """Why `docker compose` cannot be called here, or nothing."""
    if shutil.which("docker") is None:
        return "docker is not installed: chaoskit doctor --fix --driver docker"
    asked = subprocess.run(["docker", "compose", "version"], capture_output=True, text=True, timeout=30, check=False)
    return f"no Compose plugin: {asked.stderr.strip()}" if asked.returncode else ""


def images(*targets: str) -> None:
    """See to it that the engine has images of ours: `images("service", "haproxy")`; those up to date cost nothing."""
    from chaoskit.engine.images.ensure import ensure
    from chaoskit.engine.images.recipe import recipe

    ensure([recipe(target).image for target in targets], lambda _line: None)
