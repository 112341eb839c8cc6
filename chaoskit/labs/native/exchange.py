"""A command in a host as its caller sees it: text in, text and exit code out, in bounded time."""

from __future__ import annotations

import os
import selectors
import time
from collections.abc import Sequence
from concurrent.futures import Future, wait

from chaoskit.core.errors import LabError
from chaoskit.core.host import Completed
from chaoskit.labs.native import messages
from chaoskit.labs.native.client import Answer, Island

_TICK = 0.05


def run(island: Island, host: str, argv: Sequence[str], timeout: float, stdin: str) -> Completed:
    """Run a command in a host through the island.

    Raises:
        LabError: it could not be run, or took longer than `timeout` seconds.
    """
    pipes = [os.pipe2(os.O_CLOEXEC) for _ in range(3)]
    theirs = (pipes[0][0], pipes[1][1], pipes[2][1])
    ours = (pipes[0][1], pipes[1][0], pipes[2][0])
    try:
        asked = island.call(messages.Execute(host, tuple(argv)), theirs)
    finally:
        messages.close_all(theirs)
    exchange = _Exchange(ours, stdin.encode(), asked.future)
    try:
        finished = exchange.until(time.monotonic() + timeout)
        if not finished:
            island.call(messages.Abort(asked.number)).future.result()
            raise LabError(f"{host}: {' '.join(argv)} took longer than {timeout:g} s")
        answer = asked.future.result()
    finally:
        exchange.close()
    out, err = exchange.text()
    return Completed(tuple(argv), answer.exit_code, out, err)


class _Exchange:
    """Feeds stdin and collects stdout and stderr without letting either side block the other."""

    def __init__(self, fds: tuple[int, int, int], stdin: bytes, future: Future[Answer]) -> None:
        self._future = future
        self._open = set(fds)
        self._stdin, self._stdout, self._stderr = fds
        self._left = memoryview(stdin)
        self._read: dict[int, bytearray] = {self._stdout: bytearray(), self._stderr: bytearray()}
        self._selector = selectors.DefaultSelector()
        for fd in fds:
            os.set_blocking(fd, False)
        for fd in self._read:
            self._selector.register(fd, selectors.EVENT_READ)
        if stdin:
            self._selector.register(self._stdin, selectors.EVENT_WRITE)
        else:
            self._end(self._stdin)

    def until(self, deadline: float) -> bool:
        """Exchange until the command ended (True) or the time is up; what a child of it writes later is left."""
        while not self._future.done():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self._step(min(left, _TICK))
        # A child that writes without end is no reason to listen without end.
        while time.monotonic() < deadline and self._step(0):
            pass
        return True

    def text(self) -> tuple[str, str]:
        """What was written to stdout and stderr."""
        return self._read[self._stdout].decode(errors="replace"), self._read[self._stderr].decode(errors="replace")

    def close(self) -> None:
        """Close what is open."""
        for fd in list(self._open):
            self._end(fd)
        self._selector.close()

    def _step(self, timeout: float) -> bool:
        if not self._selector.get_map():
            wait([self._future], timeout)
            return False
        events = self._selector.select(timeout)
        for key, _ in events:
            if key.fd == self._stdin:
                self._feed()
            else:
                self._collect(key.fd)
        return bool(events)

    def _feed(self) -> None:
        try:
            self._left = self._left[os.write(self._stdin, self._left) :]
        except BrokenPipeError:
            self._left = self._left[:0]
        if not self._left:
            self._end(self._stdin)

    def _collect(self, fd: int) -> None:
        data = os.read(fd, 1 << 16)
        self._read[fd] += data
        if not data:
            self._end(fd)

    def _end(self, fd: int) -> None:
        if fd in self._selector.get_map():
            self._selector.unregister(fd)
        os.close(fd)
        self._open.discard(fd)
