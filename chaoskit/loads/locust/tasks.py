"""Runs the users of somebody's locustfile, and tells of each request they make."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import gevent
import locust
from gevent.socket import wait_read
from locust.env import Environment
from locust.runners import LocalRunner
from locust.util.load_locustfile import load_locustfile

from chaoskit.loads.locust.causes import outcome_of_request

_PERIOD = 0.05
_STDIN = 0


class Teller:
    """Collects requests, and writes them now and then.

    Args:
        pipe: where to.
    """

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._lines: list[str] = []

    def request(
        self,
        request_type: str,
        name: str,
        response_time: float | None,
        response: Any = None,
        exception: BaseException | None = None,
        **_more: Any,
    ) -> None:
        """A request has ended: what Locust's event of that name says."""
        now = time.monotonic_ns()
        status, outcome = outcome_of_request(response, exception)
        due = now - round((response_time or 0.0) * 1e6)
        self._lines.append(json.dumps([f"{request_type} {name}", due, now, status, outcome]))

    def flush(self) -> None:
        """Write what there is."""
        lines, self._lines = self._lines, []
        data = memoryview("".join(f"{line}\n" for line in lines).encode())
        while data:
            data = data[os.write(self._pipe, data) :]

    def fail(self, message: str, remedy: str) -> int:
        """Say why nothing runs; returns the exit status."""
        self._lines.append(json.dumps({"message": message, "remedy": remedy}))
        self.flush()
        return 3


def run(told: dict[str, Any], pipe: int) -> int:
    """Load the file, wait for the word, run its users until the next one; returns the exit status."""
    teller = Teller(pipe)
    try:
        classes, _shapes = load_locustfile(told["file"])
    except Exception as error:  # noqa: BLE001  whatever somebody's file raises
        traceback.print_exc()
        return teller.fail(
            f"the locustfile {told['file']} cannot be loaded: {error!r}", "See if locust itself takes it."
        )
    if told["user"] not in classes:
        there = ", ".join(sorted(classes)) or "none"
        return teller.fail(f"{Path(told['file']).name} has no user class {told['user']}", f"There are: {there}.")
    events: Any = locust.events
    environment = Environment(user_classes=[classes[told["user"]]], events=events, host=told["host"])
    runner = environment.create_local_runner()
    events.request.add_listener(teller.request)
    events.init.fire(environment=environment, runner=runner, web_ui=None)
    if sys.stdin.readline():
        _serve(runner, teller, told)
    events.quitting.fire(environment=environment, reverse=True)
    return 0


def _serve(runner: LocalRunner, teller: Teller, told: dict[str, Any]) -> None:
    runner.start(told["users"], spawn_rate=told["spawn_rate"])
    stopped = gevent.spawn(wait_read, _STDIN)
    while not stopped.ready():
        gevent.sleep(_PERIOD)
        teller.flush()
    runner.quit()
    teller.flush()
