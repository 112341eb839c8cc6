"""An engine's process as Locust's greenlets see it: orders go in, counts come out, nothing blocks."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import gevent
from gevent import subprocess
from gevent.event import Event

Told = dict[str, Any]


class EngineProcess:
    """One process for one run; see `chaoskit.loads.counted` for what it is told and tells.

    Args:
        hear: called in a greenlet with each message; `{"gone": status}` is the last one.

    Attributes:
        ready: set once everything is imported, and when it is gone.
        ended: set when it is gone.
    """

    def __init__(self, hear: Callable[[Told], None]) -> None:
        self.ready = Event()
        self.ended = Event()
        self._hear = hear
        self._process = subprocess.Popen(
            [sys.executable, "-m", "chaoskit.loads.counted", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._listener = gevent.spawn(self._listen)

    def tell(self, **what: object) -> None:
        """Send an order; one that is gone does not hear it, and is known to be gone by `ended`."""
        try:
            self._process.stdin.write(json.dumps(what).encode() + b"\n")
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):
            self.ended.wait(1)

    def close(self) -> None:
        """End it, whatever it is doing."""
        if self._process.poll() is None:
            self._process.kill()
        self.ended.wait(2)

    def _listen(self) -> None:
        for line in self._process.stdout:
            told = json.loads(line)
            if "ready" in told:
                self.ready.set()
            self._hear(told)
        status = self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()
        self.ended.set()
        self.ready.set()
        self._hear({"gone": status})
