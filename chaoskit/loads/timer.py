"""A timer of nanosecond resolution that epoll can wait for: epoll's own timeout counts milliseconds.

timerfd_create(2); Python has it from 3.13 on, earlier ones reach it through the C library.
"""

from __future__ import annotations

import ctypes
import os
import time

_TFD_NONBLOCK, _TFD_CLOEXEC, _TFD_TIMER_ABSTIME = 0o4000, 0o2000000, 1
_libc = ctypes.CDLL(None, use_errno=True)
_settime = _libc.timerfd_settime
_settime.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]


class Timer:
    """One moment of CLOCK_MONOTONIC at which its descriptor becomes readable.

    Watched edge-triggered, it need not be read: arming it again resets it.
    """

    def __init__(self) -> None:
        self.fd: int = _libc.timerfd_create(time.CLOCK_MONOTONIC, _TFD_NONBLOCK | _TFD_CLOEXEC)
        if self.fd < 0:
            code = ctypes.get_errno()
            raise OSError(code, f"timerfd_create: {os.strerror(code)}")
        self._value = (ctypes.c_long * 4)()
        self._address = ctypes.addressof(self._value)

    def arm(self, moment: int) -> None:
        """Fire at a moment of CLOCK_MONOTONIC, ns above zero; one that has passed fires at once."""
        self._value[2], self._value[3] = divmod(moment, 1_000_000_000)
        _settime(self.fd, _TFD_TIMER_ABSTIME, self._address, None)

    def close(self) -> None:
        """Free the descriptor."""
        os.close(self.fd)
