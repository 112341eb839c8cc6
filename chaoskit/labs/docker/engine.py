"""The Docker engine: how it is reached, what it is, and whether its containers' namespaces can be entered from here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM, socket
from typing import Any

import docker
from docker.context import ContextAPI
from docker.errors import APIError, DockerException
from requests.exceptions import RequestException

from chaoskit.core.errors import LabError, MissingTool

_TIMEOUT_S = 60
_SET_UP = "Set one up: chaoskit doctor --fix --driver docker."
_ELSEWHERE = "DOCKER_HOST says so: correct it, or unset it for this machine's engine."
_BESIDE = "Run chaoskit beside the engine, in a container of its own: see compose/chaoskit.yaml."


@dataclass(frozen=True)
class Engine:
    """What an engine says of itself (Docker Engine API, `GET /info` and `GET /version`).

    Attributes:
        api: the newest version of its API, as a pair of numbers.
        cgroup: the version of its control groups, 1 or 2.
        kernel: release of the kernel it runs on.
        system: the operating system's name.
    """

    version: str
    api: tuple[int, int]
    cgroup: int
    kernel: str
    system: str
    root: Path


def url() -> str:
    """Where the engine answers, as the docker command decides: DOCKER_HOST, then the current context."""
    given = os.environ.get("DOCKER_HOST")
    if given:
        return given
    context = ContextAPI.get_current_context()
    return str(context.Host) if context is not None and context.Host else "unix:///var/run/docker.sock"


def socket_path(where: str | None = None) -> str:
    """The path of the engine's socket on this machine.

    Raises:
        LabError: it is reached some other way.
    """
    reached = where if where is not None else url()
    scheme, _, path = reached.partition("://")
    if scheme != "unix":
        raise LabError(f"the Docker engine is reached by {reached}, not by a socket of this machine", remedy=_BESIDE)
    return path


def engine() -> docker.DockerClient:
    """A connection to the engine; the caller closes it.

    Raises:
        MissingTool: nothing answers there.
        LabError: something does, but not as an engine should, or this user may not ask.
    """
    where = url()
    try:
        _knock(where)
        if _chosen():
            return docker.from_env(timeout=_TIMEOUT_S)
        return docker.DockerClient(base_url=where, timeout=_TIMEOUT_S)
    except (DockerException, RequestException, OSError) as error:
        raise _unreachable(where, error) from error


def _knock(where: str) -> None:
    """See whether somebody listens: the client library leaves a socket open when nobody does.

    Raises:
        OSError: nobody does, or this user may not ask.
    """
    scheme, _, path = where.partition("://")
    if scheme == "unix":
        with socket(AF_UNIX, SOCK_STREAM) as probe:
            probe.settimeout(_TIMEOUT_S)
            probe.connect(path)


def _chosen() -> bool:
    return bool(os.environ.get("DOCKER_HOST"))


def _unreachable(where: str, error: Exception) -> LabError:
    text = str(error)
    if "Permission denied" in text or "PermissionError" in text:
        remedy = "Run it as root, or as a user of the group docker: sudo chaoskit ..."
        return LabError(f"this user may not talk to the Docker engine at {where}", remedy=remedy)
    if any(word in text for word in ("FileNotFoundError", "No such file", "Connection refused", "Connection aborted")):
        return MissingTool(f"no Docker engine answers at {where}", remedy=_ELSEWHERE if _chosen() else _SET_UP)
    return LabError(f"the Docker engine at {where} does not answer as one: {text}", remedy=_SET_UP)


def about(client: docker.DockerClient) -> Engine:
    """What the engine says of itself.

    Raises:
        LabError: it does not answer.
    """
    with api_errors("the Docker engine does not say what it is"):
        version: dict[str, Any] = client.api.version(api_version=False)
        info: dict[str, Any] = client.api.info()
    return Engine(
        str(version["Version"]),
        _pair(str(version["ApiVersion"])),
        int(info.get("CgroupVersion") or 1),
        str(info["KernelVersion"]),
        str(info["OperatingSystem"]),
        Path(info["DockerRootDir"]),
    )


def _pair(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    return int(major), int(minor)


def is_local(known: Engine, where: str | None = None) -> bool:
    """Whether its containers' processes are this machine's, so that their namespaces can be entered.

    Docker Desktop answers on a socket of this machine and runs in a virtual one; its kernel is another.
    """
    reached = where if where is not None else url()
    return reached.startswith("unix://") and known.kernel == os.uname().release and known.system != "Docker Desktop"


def check_local(known: Engine, where: str | None = None) -> None:
    """Refuse an engine whose containers cannot be entered from here.

    Raises:
        LabError: it runs on another machine.
    """
    if not is_local(known, where):
        raise LabError(
            f"the Docker engine at {where or url()} ({known.system}) runs on another machine than chaoskit: "
            "its containers' namespaces cannot be entered from here",
            remedy=_BESIDE,
        )


@contextmanager
def api_errors(what: str) -> Iterator[None]:
    """Raise whatever the engine refuses, or its silence, as a LabError that starts with `what`."""
    try:
        yield
    except APIError as error:
        raise LabError(f"{what}: {error.explanation or error}") from error
    except (DockerException, RequestException) as error:
        raise LabError(f"{what}: {error}") from error
