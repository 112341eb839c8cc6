"""The Docker engine, whether its containers can be entered from here, and the Compose plugin."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chaoskit.core.errors import LabError
from chaoskit.engine.doctor.fact import MISSING, OK, Fact

GROUP = "docker"
SET_UP = "chaoskit doctor --fix --driver docker"
HELPER = "Run chaoskit in a container beside it: docker compose -f compose/chaoskit.yaml run --rm chaoskit doctor"

_SOCKET = Path("/var/run/docker.sock")
_WITHOUT = "the docker driver does not run"
_ASKED_S = 20


def facts() -> Iterator[Fact]:
    """Engine, namespaces and Compose; a machine that has no Docker is seen at a glance."""
    if _is_absent():
        yield Fact("docker engine", GROUP, MISSING, "none", _WITHOUT, SET_UP)
    else:
        yield from _engine()
    yield compose()


def _is_absent() -> bool:
    """Whether there is nothing to ask: no socket in the usual place, and no word of another."""
    elsewhere = os.environ.get("DOCKER_HOST") or Path("~/.docker/config.json").expanduser().exists()
    return not elsewhere and not _SOCKET.exists()


def _engine() -> Iterator[Fact]:
    from chaoskit.labs.docker import engine as engines  # noqa: PLC0415  imports the SDK: a quarter of a second

    try:
        client = engines.engine()
    except LabError as error:
        yield Fact("docker engine", GROUP, MISSING, str(error).partition("\n")[0], _WITHOUT, error.remedy)
        return
    try:
        known = engines.about(client)
        yield Fact("docker engine", GROUP, OK, _described(client.info(), known, engines.url()))
        yield _namespaces(client, known, engines)
    finally:
        client.close()


def _described(info: dict[str, Any], known: Any, where: str) -> str:
    api = ".".join(map(str, known.api))
    control = f"cgroup v{known.cgroup} by {info.get('CgroupDriver', 'nobody')}"
    return f"{known.version}, API {api}, {control}, {info.get('Driver', 'unknown storage')}, at {where}"


def _namespaces(client: Any, known: Any, engines: Any) -> Fact:
    """Whether faults can reach its containers: by one that runs where there is one, else by whose kernel it is."""
    from chaoskit.labs.docker import entering  # noqa: PLC0415  as above

    name, means = "docker namespaces", "faults cannot reach its containers from here"
    if not engines.is_local(known):
        value = f"on another machine ({known.system}, kernel {known.kernel})"
        return Fact(name, GROUP, MISSING, value, means, HELPER)
    if os.geteuid() != 0:
        return Fact(name, GROUP, MISSING, "closed to you", means, "Run chaoskit as root: sudo chaoskit")
    refused = entering.refusal(client)
    if refused:
        return Fact(name, GROUP, MISSING, refused, means, HELPER)
    return Fact(name, GROUP, OK, "on this machine" if refused is None else "entered one")


def compose() -> Fact:
    """The plugin `docker compose`; the old command `docker-compose` of version 1 is none."""
    name, means = "docker compose", "labs cannot be brought up by the docker driver"
    docker = shutil.which("docker")
    if docker is None:
        return Fact(name, GROUP, MISSING, "no docker command", means, SET_UP)
    argv = [docker, "compose", "version", "--short"]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=_ASKED_S, check=False)
    except subprocess.TimeoutExpired:
        return Fact(name, GROUP, MISSING, f"does not answer within {_ASKED_S} s", means)
    if done.returncode == 0:
        return Fact(name, GROUP, OK, done.stdout.strip().removeprefix("v"))
    if shutil.which("docker-compose") is None:
        return Fact(name, GROUP, MISSING, "no plugin", means, SET_UP)
    value = "only docker-compose, version 1, which reads no file of today"
    return Fact(name, GROUP, MISSING, value, means, SET_UP)
