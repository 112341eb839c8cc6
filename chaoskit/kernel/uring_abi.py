"""The numbers of io_uring that are used here, and entries of its submission queue.

From linux/io_uring.h and the manual pages io_uring_setup(2), io_uring_enter(2), io_uring_register(2). The numbers of
the three system calls are the same on every architecture but alpha.
"""

from __future__ import annotations

import struct

SYS_SETUP, SYS_ENTER, SYS_REGISTER = 425, 426, 427

SETUP_CQSIZE = 1 << 3
SETUP_CLAMP = 1 << 4
SETUP_SUBMIT_ALL = 1 << 7
SETUP_SINGLE_ISSUER = 1 << 12
SETUP_DEFER_TASKRUN = 1 << 13
"""Linux 6.1: completions are made in `io_uring_enter` of the ring's own thread, and nowhere else."""

ENTER_GETEVENTS = 1 << 0
ENTER_EXT_ARG = 1 << 3

OFFSET_RINGS = 0
OFFSET_ENTRIES = 0x1000_0000

REGISTER_BUFFER_RING = 22
"""IORING_REGISTER_PBUF_RING, Linux 5.19."""

SKIP_SUCCESS = 1 << 6
"""IOSQE_CQE_SKIP_SUCCESS: only a failure completes visibly."""
BUFFER_SELECT = 1 << 5
RECV_POLL_FIRST = 1 << 0
"""There is nothing to receive yet: wait for it instead of trying first."""
RECV_MULTISHOT = 1 << 1
CANCEL_ALL = 1 << 0

CQE_BUFFER = 1
"""The completion used up a buffer, whose number is in the upper half of its flags."""
CQE_MORE = 2
"""The operation goes on and will complete again."""
CQE_NONEMPTY = 4
"""There is more to receive: bytes, or the end of the connection."""
CQE_BUFFER_SHIFT = 16

CQE = struct.Struct("=QiI")
"""A completion: user data, result, flags."""
CQE_BYTES = CQE.size

SQE_BYTES = 64
_SQE = struct.Struct("=BBHiQQIIQHHiQQ")
"""opcode, flags, ioprio, fd, off, addr, len, operation's flags, user data, buffer group, personality, 3 x unused."""

_POLL_ADD, _ASYNC_CANCEL, _CONNECT, _CLOSE, _SEND, _RECV = 6, 14, 16, 19, 26, 27
_POLLIN = 1
_MSG_WAITALL, _MSG_NOSIGNAL = 0x100, 0x4000


def poll(fd: int, user: int) -> bytes:
    """Complete once when a descriptor is readable (poll(2)); at once if it is already."""
    return _SQE.pack(_POLL_ADD, 0, 0, fd, 0, 0, 0, _POLLIN, user, 0, 0, 0, 0, 0)


def connect(fd: int, address: int, size: int, user: int) -> bytes:
    """Connect (connect(2)) to a socket address in memory, which is read at submission."""
    return _SQE.pack(_CONNECT, 0, 0, fd, size, address, 0, 0, user, 0, 0, 0, 0, 0)


def send(fd: int, address: int, size: int, user: int, *, silent: bool) -> bytes:
    """Send so many bytes (send(2)), which must stay in memory; a `silent` one completes only if it fails."""
    flags = SKIP_SUCCESS if silent else 0
    return _SQE.pack(_SEND, flags, 0, fd, 0, address, size, _MSG_WAITALL | _MSG_NOSIGNAL, user, 0, 0, 0, 0, 0)


def receive(fd: int, group: int, user: int) -> bytes:
    """Receive (recv(2)) into the next buffer of a group, again and again until the connection ends (Linux 6.0)."""
    how = RECV_MULTISHOT | RECV_POLL_FIRST
    return _SQE.pack(_RECV, BUFFER_SELECT, how, fd, 0, 0, 0, 0, user, group, 0, 0, 0, 0)


def cancel(user: int) -> bytes:
    """End all operations with some user data."""
    return _SQE.pack(_ASYNC_CANCEL, SKIP_SUCCESS, 0, -1, 0, user, 0, CANCEL_ALL, 0, 0, 0, 0, 0, 0)


def close(fd: int) -> bytes:
    """Close a descriptor (close(2))."""
    return _SQE.pack(_CLOSE, SKIP_SUCCESS, 0, fd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
