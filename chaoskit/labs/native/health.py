"""Healthchecks of a host: run in it, again and again, while its daemon runs.

The first good answer is sought sooner than Compose's interval would have it - 20 ms after the
start, then at growing distances up to the interval - because a lab's start waits for it. Once
healthy, the interval and the retries are the file's.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import Future

from chaoskit.labs.native import messages
from chaoskit.labs.native.client import Answer, Asked, Island
from chaoskit.labs.native.timers import Timers
from chaoskit.labs.spec import Healthcheck

_FIRST_WAIT = 20_000_000
_GROWTH = 1.3
_OUTPUT = 4096


class Health:
    """The checks of one life of a host's daemon; make a new one for each start.

    Attributes:
        healthy: what the checks say; None before the first verdict.
        output: the end of what the last check wrote.
    """

    def __init__(
        self,
        check: Healthcheck,
        host: str,
        island: Island,
        timers: Timers,
        *,
        may_ask: Callable[[], bool],
        on_change: Callable[[bool], None],
    ) -> None:
        self.healthy: bool | None = None
        self.output = ""
        self._check = check
        self._host = host
        self._island = island
        self._timers = timers
        self._may_ask = may_ask
        self._on_change = on_change
        self._started = time.monotonic_ns()
        self._failures = 0
        self._wait = min(_FIRST_WAIT, check.interval)
        self._stopped = False
        timers.after(self._wait, self._ask)

    def stop(self) -> None:
        """Ask no more: the daemon ended."""
        self._stopped = True

    def _ask(self) -> None:
        if self._stopped:
            return
        if not self._may_ask():
            self._again()
            return
        output = os.memfd_create("healthcheck")
        null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        asked = self._island.call(messages.Execute(self._host, self._check.test), (null, output, output))
        os.close(null)
        asked.future.add_done_callback(lambda future: self._answered(future, output))
        self._timers.after(self._check.timeout, lambda: self._abort(asked))

    def _abort(self, asked: Asked) -> None:
        if not asked.future.done():
            self._island.call(messages.Abort(asked.number))

    def _answered(self, future: Future[Answer], output: int) -> None:
        text = os.pread(output, _OUTPUT, max(0, os.fstat(output).st_size - _OUTPUT))
        os.close(output)
        if self._stopped or not self._may_ask():
            self._again()
            return
        self.output = text.decode(errors="replace").strip()
        good = future.exception() is None and future.result().exit_code == 0
        self._count(good)
        self._again()

    def _count(self, good: bool) -> None:
        self._failures = 0 if good else self._failures + 1
        if good and self.healthy is not True:
            self._say(True)
        elif not good and self.healthy is not False and self._is_failed():
            self._say(False)

    def _is_failed(self) -> bool:
        """Whether enough checks failed; before the first good one the file's rhythm counts, not ours."""
        if self.healthy is True:
            return self._failures >= self._check.retries
        patience = self._check.start_period + self._check.interval * self._check.retries
        return time.monotonic_ns() - self._started >= patience

    def _say(self, healthy: bool) -> None:
        self.healthy = healthy
        self._on_change(healthy)

    def _again(self) -> None:
        if self._stopped:
            return
        if self.healthy is None:
            self._wait = min(int(self._wait * _GROWTH), self._check.interval)
        else:
            self._wait = self._check.interval
        self._timers.after(self._wait, self._ask)
