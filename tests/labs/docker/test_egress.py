"""A user's own Compose file with a way out: under its own name, and never over the user's own project."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from chaoskit.core.errors import LabError
from chaoskit.core.lab import Lab
from chaoskit.labs.drivers import DOCKER, DriverLab, make_lab
from chaoskit.labs.load import load_lab
from tests.samples import write

pytestmark = pytest.mark.docker

NAME = "chaoskit-test-egress"
COMPOSE = f"""
name: {NAME}
services:
  app:
    image: chaoskit/service
    command: [sleep, infinity]
    init: true
    stop_grace_period: 1s
    volumes: [data:/data]
volumes:
  data: {{}}
"""


@pytest.fixture
def lab(docker_engine: docker.DockerClient, tmp_path: Path) -> Iterator[DriverLab]:
    """The lab, not up."""
    assert docker_engine.ping()
    file = write(tmp_path / "compose.yaml", COMPOSE)
    spec = load_lab(Lab(str(file), egress="allow"))
    (tmp_path / "run" / "logs").mkdir(parents=True)
    made = make_lab(DOCKER, spec, tmp_path / "run", "egress-test", lambda _change: None)
    try:
        yield made
    finally:
        made.down()


def test_its_hosts_reach_what_is_outside_and_the_users_volumes_are_left_alone(
    lab: DriverLab, docker_engine: docker.DockerClient
) -> None:
    """It is the project of its file's name, with the networks the file has; nothing of it is there afterwards."""
    lab.up(60)
    (container,) = docker_engine.api.containers(filters={"label": f"com.docker.compose.project={NAME}"})
    assert container["Labels"]["chaoskit.run"] == "egress-test"
    assert [mount["Name"] for mount in container["Mounts"]] == ["chaoskit-egress-test_data"]
    network = docker_engine.api.inspect_network(f"{NAME}_default")
    assert not network["Internal"]
    (gateway,) = {each["Gateway"] for each in container["NetworkSettings"]["Networks"].values()}
    with socket.create_server((gateway, 0)) as outside:
        address = json.dumps(outside.getsockname())
        argv = ["python3", "-c", f"import socket; socket.create_connection(tuple({address}), 5)"]
        assert lab.hosts["app"].run(argv, timeout=20).exit_code == 0
    lab.down()
    assert lab.left() == ()


def test_a_project_of_that_name_is_not_touched(
    lab: DriverLab, docker_engine: docker.DockerClient, tmp_path: Path
) -> None:
    """It is the user's: bringing the lab up would replace its containers, and taking it down remove them."""
    compose = ["docker", "compose", "--file", str(tmp_path / "compose.yaml")]
    subprocess.run([*compose, "up", "--detach", "--pull", "never"], check=True, capture_output=True, timeout=60)
    try:
        (before,) = docker_engine.api.containers(filters={"label": f"com.docker.compose.project={NAME}"})
        with pytest.raises(LabError, match="is on this engine already") as caught:
            lab.up(60)
        assert f"--attach {NAME}" in str(caught.value)
        lab.down()
        (after,) = docker_engine.api.containers(filters={"label": f"com.docker.compose.project={NAME}"})
        assert (after["Id"], after["State"]) == (before["Id"], "running")
        docker_engine.api.remove_container(after["Id"], force=True)
        with pytest.raises(LabError, match=f"already .network {NAME}_default"):
            lab.up(60)
    finally:
        subprocess.run([*compose, "down", "--volumes", "--timeout", "1"], check=True, capture_output=True, timeout=60)
