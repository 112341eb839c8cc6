"""One thread that waits for many files at once: ends of processes, messages of the kernel."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable


class Poller:
    """Calls a function when its file can be read, again and again until it is forgotten. It must not block."""

    def __init__(self, name: str) -> None:
        self._poll = select.epoll()
        self._calls: dict[int, Callable[[], None]] = {}
        self._lock = threading.Lock()
        self._wake, self._woken = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._poll.register(self._wake, select.EPOLLIN)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._closed = False
        self._thread.start()

    def watch(self, fd: int, function: Callable[[], None]) -> None:
        """Call a function whenever the file can be read."""
        with self._lock:
            if self._closed:
                return
            self._calls[fd] = function
            self._poll.register(fd, select.EPOLLIN)

    def forget(self, fd: int) -> None:
        """Do not call for this file any more; to be said before it is closed."""
        with self._lock:
            if self._calls.pop(fd, None) is not None and not self._closed:
                self._poll.unregister(fd)

    def close(self) -> None:
        """Wait for what is being called, then forget everything; the files are their owners'."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._calls.clear()
        os.write(self._woken, b"x")
        if threading.current_thread() is not self._thread:
            self._thread.join()
        self._poll.close()
        os.close(self._wake)
        os.close(self._woken)

    def _run(self) -> None:
        while not self._closed:
            for fd, _ in self._poll.poll():
                with self._lock:
                    function = self._calls.get(fd)
                if function is not None:
                    function()
