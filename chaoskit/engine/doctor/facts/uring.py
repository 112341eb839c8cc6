"""io_uring: the load engine's quicker way to the kernel."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterator

from chaoskit.engine.doctor.fact import OK, SUBSTITUTE, Fact

_IO_URING_SETUP = 425
"""The same number on every architecture (io_uring_setup(2))."""
_PARAMS_SIZE = 120


def facts() -> Iterator[Fact]:
    """Whether a ring may be made: containers' seccomp profiles and kernel.io_uring_disabled forbid it."""
    code = _refusal()
    if code is None:
        yield Fact("io_uring", "machine", OK, "allowed")
    else:
        yield Fact("io_uring", "machine", SUBSTITUTE, os.strerror(code), "the load engine uses epoll")


def _refusal() -> int | None:
    libc = ctypes.CDLL(None, use_errno=True)
    params = ctypes.create_string_buffer(_PARAMS_SIZE)
    fd: int = libc.syscall(_IO_URING_SETUP, 1, params)
    if fd < 0:
        return ctypes.get_errno() or errno.EPERM
    os.close(fd)
    return None
