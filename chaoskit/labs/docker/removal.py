"""What a run made on an engine, found by its label: told, and removed, whatever has become of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import docker
from docker.errors import APIError, NotFound

from chaoskit.core.errors import LabError
from chaoskit.labs.docker.engine import api_errors
from chaoskit.labs.docker.naming import RUN

_AT_ONCE = 8
_WITHIN_S = 30.0
_IN_USE = "active endpoints"
_AGAIN_AFTER_S = 0.05


def left(client: docker.DockerClient, run: str) -> tuple[str, ...]:
    """What is there, a line each: containers, networks, volumes.

    Raises:
        LabError: the engine does not answer.
    """
    kinds = (("container", _containers), ("network", _networks), ("volume", _volumes))
    return tuple(f"{kind} {name}" for kind, listed in kinds for name, _ in listed(client.api, run))


def containers(client: docker.DockerClient, run: str) -> list[dict[str, Any]]:
    """A run's containers, running or not (Docker Engine API, `GET /containers/json`).

    Raises:
        LabError: the engine does not answer.
    """
    with api_errors("the Docker engine does not list its containers"):
        found: list[dict[str, Any]] = client.api.containers(all=True, filters=_of(run))
    return found


def remove(client: docker.DockerClient, run: str) -> None:
    """Remove it all; what is made meanwhile, by calls that were on their way, as well.

    Raises:
        LabError: something will not go.
    """
    deadline = time.monotonic() + _WITHIN_S
    failures: list[str] = []
    while left(client, run):
        if time.monotonic() > deadline:
            raise _stays(run, failures)
        failures = _once(client.api, run)
        if failures:
            time.sleep(_AGAIN_AFTER_S)


def _stays(run: str, failures: Sequence[str]) -> LabError:
    """Why not everything went, and what helps.

    An engine that is told to remove several containers of a network at once may count its ends wrongly, and then holds
    it to be in use until it counts anew, which it does when it starts (github.com/moby/moby, issue 42119).
    """
    miscounted = failures and all(_IN_USE in said for said in failures)
    return LabError(
        f"not everything of {run} can be removed: {'; '.join(failures)}",
        remedy="Where `docker network inspect` shows no container, the engine has miscounted: start it again, then "
        "`chaoskit sweep`."
        if miscounted
        else "",
    )


def _once(api: Any, run: str) -> list[str]:
    """Remove what there is: containers first, which hold the others."""
    failures = _each(_containers(api, run), lambda one: api.remove_container(one, v=True, force=True))
    failures += _each(_networks(api, run), api.remove_network)
    return failures + _each(_volumes(api, run), lambda one: api.remove_volume(one, force=True))


def _each(listed: Sequence[tuple[str, str]], act: Callable[[str], object]) -> list[str]:
    def attempt(named: tuple[str, str]) -> str:
        try:
            act(named[1])
        except NotFound:
            return ""
        except APIError as error:  # it is tried again, and told in the end
            return f"{named[0]}: {error.explanation or error}"
        return ""

    with ThreadPoolExecutor(_AT_ONCE, "docker removal") as pool:
        return [said for said in pool.map(attempt, listed) if said]


def _containers(api: Any, run: str) -> list[tuple[str, str]]:
    with api_errors("the Docker engine does not list its containers"):
        return [(one["Names"][0].lstrip("/"), one["Id"]) for one in api.containers(all=True, filters=_of(run))]


def _networks(api: Any, run: str) -> list[tuple[str, str]]:
    with api_errors("the Docker engine does not list its networks"):
        return [(one["Name"], one["Id"]) for one in api.networks(filters=_of(run))]


def _volumes(api: Any, run: str) -> list[tuple[str, str]]:
    with api_errors("the Docker engine does not list its volumes"):
        return [(one["Name"], one["Name"]) for one in api.volumes(filters=_of(run))["Volumes"] or ()]


def _of(run: str) -> dict[str, str]:
    return {"label": f"{RUN}={run}"}
