"""The init of a host with `init: true`: it passes signals on, collects orphans, and ends with its child."""

from __future__ import annotations

import contextlib
import os
import signal

_KEPT = {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD, signal.SIGCONT}


def fork_below(tell: int) -> None:
    """Fork: the child returns to become the daemon; the parent stays pid 1 and never returns.

    Args:
        tell: the pipe that the child's exec closes; the parent must not hold it.
    """
    forwarded = set(signal.valid_signals()) - _KEPT
    signal.pthread_sigmask(signal.SIG_BLOCK, forwarded | {signal.SIGCHLD})
    child = os.fork()
    if child == 0:
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.setpgid(0, 0)
        return
    _close_inherited()
    _serve(child, forwarded | {signal.SIGCHLD})


def _close_inherited() -> None:
    """Close everything but the standard streams; an island of many hosts has files with high numbers too."""
    for number in map(int, os.listdir("/proc/self/fd")):
        if number > 2:
            with contextlib.suppress(OSError):  # the one the listing itself was read from
                os.close(number)


def _serve(child: int, awaited: set[signal.Signals | int]) -> None:
    while True:
        number = signal.sigwaitinfo(awaited).si_signo
        if number != signal.SIGCHLD:
            os.kill(child, number)
        _collect(child)


def _collect(child: int) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)
        if pid == 0:
            return
