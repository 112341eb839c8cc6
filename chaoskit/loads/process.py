"""What every process that generates load asks of the kernel and of the interpreter before it begins."""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from _thread import get_native_id

from chaoskit.kernel import syscalls

_NICE = -10
_SWITCH = 0.0001
"""Seconds a thread may hold the interpreter while another wants it: the engine must not wait for long."""


def prepare(parent: int) -> bool:
    """Die with the parent, allow as many descriptors as may be, come before others.

    Returns:
        False if the parent is gone already.
    """
    syscalls.die_with_parent()
    if os.getppid() != parent:
        return False
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    sys.setswitchinterval(_SWITCH)
    _come_first()
    return True


def come_after() -> None:
    """Have this thread run after the engine's, which waits for less than a thread's turn: they may share a core."""
    thread = get_native_id()
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) - _NICE)


def take_output() -> int:
    """A descriptor for what standard output was; whatever else prints does so on standard error from now on."""
    pipe = os.dup(1)
    os.dup2(2, 1)
    return pipe


def _come_first() -> None:
    """Ask the scheduler to serve this process before the lab's: a request that is late says nothing of the lab.

    Without the right to ask (CAP_SYS_NICE) it goes on as it is; the gate on the generator's lag tells.
    """
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, _NICE)
