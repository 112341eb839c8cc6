"""News of the links of one network namespace, from the kernel's multicast group for them (rtnetlink(7))."""

from __future__ import annotations

import contextlib
import errno
import socket

_RTMGRP_LINK = 1


class LinkMonitor:
    """A socket that can be read when a link of the namespace it was made in comes, changes or goes."""

    def __init__(self) -> None:
        kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
        self._socket = socket.socket(socket.AF_NETLINK, kind, 0)
        self._socket.bind((0, _RTMGRP_LINK))

    def fileno(self) -> int:
        """For who waits for news."""
        return self._socket.fileno()

    def drain(self) -> None:
        """Take what is there; what it says is read from the links themselves."""
        with contextlib.suppress(BlockingIOError):
            while True:
                try:
                    self._socket.recv(1 << 16)
                except OSError as error:
                    if error.errno != errno.ENOBUFS:  # news were lost, which changes nothing: see above
                        raise

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()
