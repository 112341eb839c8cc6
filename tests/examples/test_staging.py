"""The example of a system elsewhere: another Compose project, driven by its published port."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from chaoskit.engine.sources import all_sources

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "experiments" / "_examples" / "staging"
PORT = "8099"

pytestmark = pytest.mark.docker


def compose(*words: str) -> str:
    """`docker compose` on the example's own file."""
    argv = ["docker", "compose", "--file", str(FOLDER / "compose.yaml"), *words]
    done = subprocess.run(
        argv, env={**os.environ, "STAGING_PORT": PORT}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def staging(docker_engine: docker.DockerClient) -> Iterator[str]:
    """The project, up; its URL."""
    assert docker_engine.ping()
    compose("up", "--detach", "--wait", "--pull", "never")
    try:
        yield f"http://127.0.0.1:{PORT}"
    finally:
        compose("down", "--timeout", "1")


def test_it_is_driven_from_outside_and_left_as_it_was(staging: str, tmp_path: Path) -> None:
    """Load, probe, guard and checks from this machine; an instance is stopped by a command, and started again."""
    operand = f"{FOLDER / 'staging.py'}::stopped"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "chaoskit",
            "run",
            operand,
            "--set",
            f"url={staging}",
            "--runs",
            str(tmp_path),
            "--json",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    run = json.loads(done.stdout)
    assert {check["name"]: check["verdict"] for check in run["checks"]} == {
        "availability": "pass",
        "recovers": "pass",
        "reading": "pass",
        "clean": "pass",
    }
    events = [json.loads(line) for line in (Path(run["directory"]) / "events.jsonl").read_text().splitlines()]
    assert [event["what"] for event in events if event["subject"] == "web-b exited"] == [
        "begin",
        "confirmed",
        "end",
        "undone",
    ]
    assert set(compose("ps", "--services", "--status", "running").split()) == {"front", "web-a", "web-b", "web-c"}


def test_the_examples_are_no_part_of_the_catalogue() -> None:
    """`chaoskit prove --all` would find nothing up to drive."""
    found = [source.path for source in all_sources(ROOT)]
    assert ROOT / "experiments" / "gslb.py" in found
    assert not [path for path in found if path.is_relative_to(ROOT / "experiments" / "_examples")]
