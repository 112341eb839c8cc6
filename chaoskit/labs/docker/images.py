"""The images that an engine has, and whether it can have others from their registry."""

from __future__ import annotations

from collections.abc import Mapping

import docker
from docker.errors import APIError, DockerException, ImageNotFound
from requests.exceptions import RequestException

from chaoskit.labs.docker.engine import api_errors, url

REGISTRY_S = 10
"""Seconds within which a registry must have answered the engine."""


def labels(client: docker.DockerClient, image: str) -> Mapping[str, str] | None:
    """An image's labels, or None where the engine does not have it.

    Raises:
        LabError: the engine does not answer.
    """
    with api_errors(f"the Docker engine does not tell about the image {image}"):
        try:
            found = client.api.inspect_image(image)
        except ImageNotFound:
            return None
    return dict((found.get("Config") or {}).get("Labels") or {})


def can_pull(image: str) -> bool:
    """Whether the engine reaches the image's registry and finds it there; asked within 10 s.

    The engine is what pulls, so it is asked, not this machine (Docker Engine API, `GET /distribution/{name}/json`).
    """
    client = docker.DockerClient(base_url=url(), timeout=REGISTRY_S)
    try:
        client.api.inspect_distribution(image)
    except (APIError, DockerException, RequestException):
        return False
    finally:
        client.close()
    return True
