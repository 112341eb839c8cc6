"""What becomes of containers, told to the hosts they are: the engine's events, for as long as a lab is up.

Events are in the Docker Engine API, `GET /events`. What happened before they are listened to is read by `inspect`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import docker

from chaoskit.labs.docker.engine import api_errors
from chaoskit.labs.docker.host import DockerHost

Find = Callable[[str, Mapping[str, str]], DockerHost | None]
"""The host that a container is, by its id and its labels; None for a container that is none."""

_LONGEST_WAIT = 1.0


class Watch:
    """Listens to the engine until closed.

    Args:
        client: a connection to the engine, which stays the caller's.
        labels: those a container must have to be told of, `NAME` or `NAME=VALUE`.
        find: whose container it is.
    """

    def __init__(self, client: docker.DockerClient, labels: tuple[str, ...], find: Find) -> None:
        self._find = find
        self._closed = False
        filters = {"type": ["container"], "label": list(labels)}
        with api_errors("the Docker engine does not tell what happens"):
            self._events: Any = client.api.events(filters=filters, decode=True)
        self._thread = threading.Thread(target=self._run, name="docker events", daemon=True)

    def start(self) -> None:
        """Listen from now on."""
        self._thread.start()

    def close(self) -> None:
        """Stop listening; doing it twice changes nothing more."""
        if self._closed:
            return
        self._closed = True
        self._events.close()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(_LONGEST_WAIT)

    def _run(self) -> None:
        for event in self._events:
            attributes = event["Actor"]["Attributes"]
            host = self._find(event["Actor"]["ID"], attributes)
            if host is not None and not self._closed:
                host.on_event(event["Action"], attributes, _monotonic(event["timeNano"]))


def _monotonic(utc: int) -> int:
    """A moment of the wall clock as one of CLOCK_MONOTONIC."""
    return utc - time.time_ns() + time.monotonic_ns()
