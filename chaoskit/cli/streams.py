"""The standard streams, where whoever started the command closed one: `chaoskit run ... >&-`, a careless daemon."""

from __future__ import annotations

import os
import sys

_NAMES = ("stdin", "stdout", "stderr")


def open_standard_streams() -> None:
    """Open /dev/null in place of a closed stream.

    Else the next file that is opened gets its number, and what a child process prints goes into that file.
    """
    for fd, name in enumerate(_NAMES):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # POSIX: open(2) gives the lowest number that is free
            os.set_inheritable(fd, True)
            if getattr(sys, name) is None:
                setattr(sys, name, os.fdopen(fd, "r" if fd == 0 else "w", closefd=False))
