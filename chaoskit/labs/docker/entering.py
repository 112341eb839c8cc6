"""Whether the namespaces of an engine's containers can be entered from here, found out by entering one."""

from __future__ import annotations

import subprocess

import docker
from docker.errors import NotFound

from chaoskit.kernel.tools import find_tool
from chaoskit.labs.docker.engine import api_errors

_ASKED_S = 20


def refusal(client: docker.DockerClient) -> str | None:
    """Why a container that runs cannot be entered; empty where one was, None where there is none to try.

    Raises:
        LabError: the engine does not answer.
        MissingTool: this machine has no nsenter.
    """
    with api_errors("the Docker engine does not tell which containers run"):
        found = client.api.containers(limit=1, filters={"status": "running"})
        return _refusal(client, found[0]["Id"]) if found else None


def _refusal(client: docker.DockerClient, container: str) -> str | None:
    try:
        pid = _pid(client, container)
        argv = [find_tool("nsenter", "util-linux"), f"--net=/proc/{pid}/ns/net", "true"]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=_ASKED_S, check=False)
        ended_meanwhile = not pid or _pid(client, container) != pid
    except NotFound:
        return None
    if done.returncode and ended_meanwhile:
        return None
    return done.stderr.strip() if done.returncode else ""


def _pid(client: docker.DockerClient, container: str) -> int:
    return int(client.api.inspect_container(container)["State"]["Pid"])
