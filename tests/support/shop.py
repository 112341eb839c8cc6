"""A small Compose project that is up for the time of some tests: a balancer, three instances, a store."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

PROJECT = "chaoskit-test-shop"
_FILE = Path(__file__).parents[1] / "cli" / "commands" / "shop" / "compose.yaml"


def compose(*words: str) -> str:
    """`docker compose` on the project."""
    argv = ["docker", "compose", "--file", str(_FILE), *words]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def states() -> dict[str, str]:
    """By service and instance, what `docker compose ps` says of it: `running`, `paused`."""
    lines = [json.loads(line) for line in compose("ps", "--all", "--format", "json").splitlines()]
    return {line["Name"].removeprefix(f"{PROJECT}-"): line["State"] for line in lines}


@pytest.fixture(scope="session")
def shop_project(docker_engine: docker.DockerClient) -> Iterator[str]:
    """The project's name."""
    assert docker_engine.ping()
    compose("up", "--detach", "--wait", "--pull", "never")
    try:
        yield PROJECT
    finally:
        compose("down", "--timeout", "1")
