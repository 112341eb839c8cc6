"""The networks a generator's sockets live in: one thread serves the clients of many namespaces.

A socket belongs to the namespace its thread was in when it was made, for good (network_namespaces(7)).
So the thread changes its namespace when it is about to make a socket for another client than the last
one (2 us), and one epoll set holds them all. A thread a client would fight over the interpreter's lock
instead, and each would delay the others' sends.
"""

from __future__ import annotations

import os
from pathlib import Path

from chaoskit.core.errors import LabError
from chaoskit.kernel import syscalls


class Networks:
    """Moves the calling thread between namespaces; use it from one thread only, and let that thread end."""

    def __init__(self) -> None:
        self._home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self._current = self._home
        self._fds: dict[Path | None, int] = {None: self._home}

    def add(self, netns: Path | None) -> int:
        """Hold a namespace open; returns its handle for `enter`.

        Raises:
            LabError: the namespace is gone, or may not be entered.
        """
        if netns is not None and netns not in self._fds:
            try:
                self._fds[netns] = os.open(netns, os.O_RDONLY | os.O_CLOEXEC)
                self.enter(self._fds[netns])
            except OSError as error:
                raise LabError(f"cannot enter the network namespace {netns}: {error.strerror}") from error
        return self._fds[netns]

    def enter(self, handle: int) -> None:
        """Make the next sockets there."""
        if handle != self._current:
            syscalls.setns(handle, syscalls.CLONE_NEWNET)
            self._current = handle

    def renew(self, handle: int, netns: Path) -> bool:
        """Let a handle mean the network a host came back with; False when that is gone again already."""
        try:
            fd = os.open(netns, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            # Entered before it counts: the path may by now be another file of the process that held it.
            syscalls.setns(fd, syscalls.CLONE_NEWNET)
        except OSError:
            return False
        else:
            os.dup2(fd, handle, inheritable=False)
            self._current = handle
            return True
        finally:
            os.close(fd)

    def close(self) -> None:
        """Let go of the namespaces."""
        for fd in self._fds.values():
            os.close(fd)
        self._fds = {}
